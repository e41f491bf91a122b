"""Training strategies by name; a new one is one module and one line here."""

from __future__ import annotations

from tag2mask.contracts import InputError, nearest
from tag2mask.strategies.attention_pooling import AttentionPooling
from tag2mask.strategies.strategy import TrainingStrategy

__all__ = ["TrainingStrategy", "create_strategy", "strategy_names"]

_STRATEGIES: dict[str, type[TrainingStrategy]] = {
    "plain": TrainingStrategy,
    "attention_pooling": AttentionPooling,
}


def strategy_names() -> tuple[str, ...]:
    """Return every name that `create_strategy` takes."""
    return tuple(_STRATEGIES)


def create_strategy(name: str) -> TrainingStrategy:
    """Build a strategy.

    Raises:
        InputError: no strategy has that name; the nearest one is suggested.
    """
    if name not in _STRATEGIES:
        near = nearest(name, _STRATEGIES)
        raise InputError(f"There is no training strategy {name!r}; did you mean {near!r}?")
    return _STRATEGIES[name]()
