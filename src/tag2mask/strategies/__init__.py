"""Training strategies by name; a new one is one module and one line here."""

from __future__ import annotations

import difflib

from tag2mask.contracts import InputError
from tag2mask.strategies.strategy import TrainingStrategy

__all__ = ["TrainingStrategy", "create_strategy", "strategy_names"]

_STRATEGIES: dict[str, type[TrainingStrategy]] = {"plain": TrainingStrategy}


def strategy_names() -> tuple[str, ...]:
    """Return every name that `create_strategy` takes."""
    return tuple(_STRATEGIES)


def create_strategy(name: str) -> TrainingStrategy:
    """Build a strategy.

    Raises:
        InputError: no strategy has that name; the nearest one is suggested.
    """
    if name not in _STRATEGIES:
        near = difflib.get_close_matches(name, _STRATEGIES, 1) or [", ".join(_STRATEGIES)]
        raise InputError(f"There is no training strategy {name!r}; did you mean {near[0]!r}?")
    return _STRATEGIES[name]()
