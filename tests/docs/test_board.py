"""The board of runs repeats figures of the result pages and leaves no column out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
COLUMNS = ["Set", "Training photos", "Recipe", "mIoU", "Seeds", "Minutes", "Machine", "Commit"]


def _rows() -> list[dict[str, str]]:
    lines = [line for line in (DOCS / "board.md").read_text(encoding="utf-8").splitlines()
             if line.startswith("|")]
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert header == COLUMNS
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"{row['Set']} {row['mIoU']}")
def test_every_figure_is_in_the_results(row: dict[str, str]) -> None:
    """So that each has its protocol and its command."""
    assert all(row.values())
    results = "".join(page.read_text(encoding="utf-8") for page in DOCS.glob("results*.md"))
    assert re.search(rf"(?<![\d.]){re.escape(row['mIoU'])}(?![\d.])", results)
    assert re.fullmatch(r"[0-9a-f]{7,40}|\([0-9a-f]{7,40}\)", row["Commit"])


def test_the_best_of_a_set_comes_first() -> None:
    """Among runs on as many photos."""
    groups: dict[tuple[str, str], list[float]] = {}
    for row in _rows():
        key = row["Set"], row["Training photos"]
        groups.setdefault(key, []).append(float(row["mIoU"].split()[0]))
    assert all(figures == sorted(figures, reverse=True) for figures in groups.values())
