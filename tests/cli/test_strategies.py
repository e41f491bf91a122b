"""The table of strategies names them all."""

from __future__ import annotations

from collections.abc import Callable

from typer.testing import Result

from tag2mask.strategies import STRATEGIES


def test_every_strategy_is_there(typed: Callable[..., Result]) -> None:
    """With its cost and what it stacks with."""
    result = typed("strategies")
    assert result.exit_code == 0, result.output
    first = {line.split("│")[1].strip() for line in result.stdout.splitlines() if "│" in line}
    assert set(STRATEGIES.names()) <= first
    assert "no other" in result.stdout
    assert STRATEGIES.get("mixup").paper.split()[0] in result.stdout
