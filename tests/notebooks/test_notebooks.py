"""The notebooks run from top to bottom, and are stored without outputs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
QUICK = "any_classifier"


def cells(path: Path) -> list[str]:
    """Return the code of a notebook, without the installation of packages."""
    content = json.loads(path.read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    return [re.sub(r"^(\s*)%pip .*$", r"\1pass", cell, flags=re.M) for cell in code]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_they_are_stored_without_outputs(path: Path) -> None:
    """So that changes can be read."""
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["nbformat"] == 4
    for cell in content["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", [
    pytest.param(path, marks=() if path.stem == QUICK else pytest.mark.slow)
    for path in NOTEBOOKS
], ids=lambda path: path.stem)
def test_they_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for number, cell in enumerate(cells(path)):
        exec(compile(cell, f"{path.stem} cell {number}", "exec"), names)
