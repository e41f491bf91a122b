"""The table of strategies names them all."""

from __future__ import annotations

from collections.abc import Callable

from typer.testing import Result

from tag2mask.strategies import strategy_entry, strategy_names


def test_every_strategy_is_there(typed: Callable[..., Result]) -> None:
    """With its cost and what it stacks with."""
    result = typed("strategies")
    assert result.exit_code == 0, result.output
    first = {line.split("│")[1].strip() for line in result.stdout.splitlines() if "│" in line}
    assert set(strategy_names()) <= first
    assert "no other" in result.stdout
    assert strategy_entry("mixup").paper.split()[0] in result.stdout
