"""What the documentation tells people to type exists, and its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from typer.main import get_command

from tag2mask.cli import app
from tag2mask.core.settings.schema import keys_of
from tag2mask.pipeline.config import Config

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
GENERATED = ("commands.md", "settings.md", "methods.md")
TAUGHT = [page for page in PAGES if page.parent.name in ("start", "howto", "ko")
          or page.name.startswith("README")]


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def typed() -> Iterator[tuple[str, str]]:
    """Return every command of tag2mask that the pages show, with the page's name."""
    for page in TAUGHT:
        for block in blocks(page, ""):
            for line in block.splitlines():
                if line.startswith("tag2mask "):
                    yield str(page.relative_to(ROOT)), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    """Generated pages exist after `make docs` only."""
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists() or Path(target).name in GENERATED, target


@pytest.mark.parametrize(("page", "line"), list(typed()))
def test_commands_and_their_options_exist(page: str, line: str) -> None:
    """Settings behind --set included."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    _, name, *words = shlex.split(line, comments=True)
    flags = {flag for p in commands[name].params for flag in (*p.opts, *p.secondary_opts)}
    for word in words:
        assert not word.startswith("-") or word.partition("=")[0] in flags, f"{page}: {word}"
    for before, word in pairwise(words):
        assert before != "--set" or word.partition("=")[0] in set(keys_of(Config)), page


@pytest.mark.parametrize("name", ["own-classifier", "replace-pydensecrf"])
def test_python_examples_run(name: str) -> None:
    """Those that need no data."""
    examples = blocks(ROOT / "docs" / "howto" / f"{name}.md", "python")
    exec(compile("import tag2mask\n" + "\n".join(examples), name, "exec"), {})
