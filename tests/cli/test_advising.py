"""`tag2mask next` over a finished run."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result


@pytest.mark.parametrize("rule", ["trust", "entropy", "random"])
def test_the_list_is_written(copied: Path, command: Callable[..., Result], rule: str) -> None:
    """Training photos with a tag, each once, with what to do."""
    result = command("next", copied, "--number", "4", "--rule", rule, "-q")
    assert result.exit_code == 0, result.stderr
    with (copied / "next.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["image"] for row in rows}) == 4
    assert {row["kind"] for row in rows} <= {"points", "boxes", "masks"}
    assert all(row["image"] < "p12" and row["tags"] for row in rows)
    assert rows[0]["image"] in result.stdout


def test_a_kind_of_ones_own(copied: Path, command: Callable[..., Result]) -> None:
    """For all photos; an unknown one is refused."""
    assert command("next", copied, "--kind", "boxes", "-q").exit_code == 0
    assert (copied / "next.csv").read_text(encoding="utf-8").count("boxes") == 11
    result = command("next", copied, "--kind", "polygons", "-q")
    assert result.exit_code == 2
    assert "--kind takes auto, points, boxes, masks" in result.stderr


def test_a_run_without_trust(copied: Path, command: Callable[..., Result]) -> None:
    """One sentence with the command."""
    (copied / "trust.csv").unlink()
    result = command("next", copied, "-q")
    assert result.exit_code == 2
    assert "tag2mask evaluate" in result.stderr
