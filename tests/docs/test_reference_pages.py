"""The generated reference pages list every command, option, setting and method."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from tag2mask import choices
from tag2mask.cli import app
from tag2mask.core.settings.schema import keys_of
from tag2mask.pipeline.config import Config

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages by name."""
    sys.path.insert(0, str(DOCS))
    import reference_pages

    folder = tmp_path_factory.mktemp("reference")
    reference_pages.write_pages(folder)
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_every_option_of_every_command_is_listed(pages: dict[str, str]) -> None:
    """Each in the section of its command, with a meaning."""
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", pages["commands.md"], re.M | re.S))
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert set(sections) == set(commands)
    for name, command in commands.items():
        for option in (p for p in command.params if p.param_type_name == "option"):
            row = re.search(rf"^\| .*`{option.opts[0]}`.* \| (.+) \| .*\|$", sections[name], re.M)
            assert row, f"{name} {option.opts[0]}"


def test_every_setting_is_listed_with_type_default_and_meaning(pages: dict[str, str]) -> None:
    """No cell is empty but those of an empty default."""
    rows = re.findall(r"^\| `([\w.]+)` \| (.+) \| `(.*)` \| (.+) \|$", pages["settings.md"], re.M)
    assert [row[0] for row in rows] == list(keys_of(Config))
    assert dict((row[0], row[2]) for row in rows)["classify.batch_size"] == "16"
    assert "from 1 to 10000" in dict((row[0], row[1]) for row in rows)["classify.epochs"]


def test_every_method_is_listed(pages: dict[str, str]) -> None:
    """Under its kind."""
    names = re.findall(r"^\| `(.+?)` \|", pages["methods.md"], re.M)
    assert names == [row.name for row in choices().rows]
