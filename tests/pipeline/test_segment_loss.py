"""The losses that a run's network can be trained with."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result


@pytest.mark.parametrize("loss", ["lovasz", "sec", "psl"])
def test_it_trains(
    loss: str, copied: Path, command: Callable[..., Result]
) -> None:
    """On the same masks, with a loss of its own that falls."""
    settings = (f"segment.loss={loss}", "segment.size=64", "segment.epochs=6",
                "segment.batch_size=4", "segment.learning_rate=1e-3")
    result = command("segment", copied, "-q", *(p for s in settings for p in ("--set", s)))
    assert result.exit_code == 0, result.stderr
    with (copied / "segmenter" / "curve.csv").open(encoding="utf-8") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert losses[-1] < losses[0]


def test_psl_wants_the_tags_probabilities(copied: Path, command: Callable[..., Result]) -> None:
    """And says what makes them."""
    table = copied / "classifier" / "tags.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("p03", "p99"), encoding="utf-8")
    result = command("segment", copied, "-q", "--set", "segment.loss=psl")
    assert result.exit_code == 2
    assert "tags.csv is missing or damaged (it lacks 'p03'); run `tag2mask c" in result.stderr


def test_an_unknown_loss_is_told(copied: Path, command: Callable[..., Result]) -> None:
    """With those there are."""
    result = command("segment", copied, "--set", "segment.loss=dice")
    assert result.exit_code == 2
    assert "loss must be one of lovasz, cross_entropy, sec, psl" in " ".join(result.stderr.split())
