"""Training strategies by name; a new one is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tag2mask.core.contracts import InputError
from tag2mask.core.registry import Registry
from tag2mask.strategies.acol import Complementary, NarrowComplementary
from tag2mask.strategies.adversarial_erasing import AdversarialErasing
from tag2mask.strategies.attention_pooling import AttentionPooling
from tag2mask.strategies.ensemble import Ensemble
from tag2mask.strategies.hide_and_seek import HideAndSeek
from tag2mask.strategies.mdc import MultiDilated, NarrowMultiDilated
from tag2mask.strategies.mixup import Mixup
from tag2mask.strategies.rounds import Rounds
from tag2mask.strategies.seam import Seam
from tag2mask.strategies.stack import Stack
from tag2mask.strategies.strategy import Crops, Plain, Step, TrainingStrategy

__all__ = [
    "STRATEGIES", "Crops", "Rounds", "Step", "TrainingStrategy", "create_strategy",
]


STRATEGIES: Registry[type[TrainingStrategy]] = Registry(
    "training strategy", group="tag2mask.strategies"
)
"""The strategies by name; other packages add strategies through entry points of this group."""

STRATEGIES.update({
    "plain": Plain,
    "attention_pooling": AttentionPooling,
    "hide_and_seek": HideAndSeek,
    "acol": Complementary,
    "acol:narrow": NarrowComplementary,
    "mdc": MultiDilated,
    "mdc:narrow": NarrowMultiDilated,
    "mixup": Mixup,
    "adversarial_erasing": AdversarialErasing,
    "seam": Seam,
    "ensemble": Ensemble,
})


def create_strategy(names: Sequence[str]) -> TrainingStrategy:
    """Build a strategy, or a combination of several.

    Args:
        names: strategy names, in the order in which they change a batch.

    Raises:
        InputError: `names` is empty, a name does not exist, or two strategies are incompatible.
    """
    entries = {name: STRATEGIES.get(name) for name in names}
    _check_stack(names, entries)
    parts = tuple(entry() for entry in entries.values())
    if len(parts) == 1:
        return parts[0]
    several = [name for name, part in zip(names, parts, strict=True) if part.rounds.count > 1]
    if len(several) > 1:
        raise InputError(f"{' and '.join(several)} do not stack: each trains in rounds of its own.")
    return Stack(parts, *(part for part in parts if part.brings_head))


def _check_stack(names: Sequence[str], entries: Mapping[str, type[TrainingStrategy]]) -> None:
    if not names:
        raise InputError("Name a training strategy; plain is the photos as they are.")
    if len(entries) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"The training strategy {twice} is named twice.")
    for name, entry in entries.items():
        if entry.alone and len(entries) > 1:
            raise InputError(f"{name} stacks with no other training strategy: {entry.alone}.")
    heads = [name for name, entry in entries.items() if entry.brings_head]
    if len(heads) > 1:
        raise InputError(f"{' and '.join(heads)} do not stack: each brings a class head of its "
                         "own, and a classifier has one.")
