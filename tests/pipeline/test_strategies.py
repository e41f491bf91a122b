"""Every training strategy goes the whole way, alone and stacked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_runs import check_maps
from typer.testing import Result

from tag2mask.strategies import STRATEGIES
from tag2mask.strategies.loading import load_classifier

Command = Callable[..., Result]
WIDE = ("acol", "mdc")
"""Heads as published, which take seconds a step; their narrow ones go the same way."""
STACKS = ("hide_and_seek,mixup,mdc:narrow", "acol:narrow,seam")
"""All that need no test of their own: rounds have `test_rounds.py`."""


@pytest.mark.parametrize("names", [*STACKS, *(
    pytest.param(name, marks=pytest.mark.slow)
    for name in (*STRATEGIES.names(), "seam,adversarial_erasing") if name not in (*WIDE, "plain")
)])
def test_a_strategy_trains_and_its_maps_are_read(
    names: str, copied: Path, command: Command
) -> None:
    """Of a run that was trained otherwise; the classifier comes back as it was trained."""
    settings = ("--set", f"classify.strategy={names}", "--set", "classify.epochs=1", "-q")
    for stage in ("classify", "activate"):
        result = command(stage, copied, *settings)
        assert result.exit_code == 0, result.output
    assert load_classifier(copied).spec.strategy == tuple(names.split(","))
    check_maps(copied)
    scores = json.loads((copied / "classifier" / "metrics.json").read_text(encoding="utf-8"))
    assert 0 <= scores["mean_average_precision"] <= 1


def test_another_strategy_is_trained_anew(copied: Path, command: Command) -> None:
    """A run that goes on with another one does not keep the old weights."""
    before = (copied / "classifier" / "weights.safetensors").read_bytes()
    settings = ("--set", "classify.strategy=mdc:narrow", "--set", "classify.epochs=1", "-q")
    assert command("classify", copied, *settings).exit_code == 0
    assert (copied / "classifier" / "weights.safetensors").read_bytes() != before
    told = command("activate", copied, "-q", "--set", "classify.strategy=mixup")
    assert told.exit_code == 2
    assert "went through classify with other settings" in told.stderr


def test_what_does_not_stack_is_told_before_anything_is_done(
    copied: Path, command: Command
) -> None:
    """Which two, and why."""
    result = command("classify", copied, "--set", "classify.strategy=mdc,acol", "-q")
    assert result.exit_code == 2
    assert "mdc and acol do not stack" in result.stderr
