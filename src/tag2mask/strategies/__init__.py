"""Training strategies by name; a new one is one module and one entry here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tag2mask.core.contracts import InputError
from tag2mask.core.registry import Registry
from tag2mask.strategies.acol import Complementary
from tag2mask.strategies.adversarial_erasing import AdversarialErasing
from tag2mask.strategies.attention_pooling import AttentionPooling
from tag2mask.strategies.hide_and_seek import HideAndSeek
from tag2mask.strategies.mdc import MultiDilated
from tag2mask.strategies.mixup import Mixup
from tag2mask.strategies.seam import Seam
from tag2mask.strategies.stack import Stack
from tag2mask.strategies.strategy import TrainingStrategy

__all__ = [
    "STRATEGIES", "StrategyEntry", "TrainingStrategy", "create_strategy",
]


@dataclass(frozen=True, kw_only=True)
class StrategyEntry:
    """A strategy, and what a person choosing one wants to know."""

    build: Callable[[], TrainingStrategy]
    paper: str
    """Where it comes from."""
    idea: str
    """What it does, in a few words."""
    cost: str
    """Of a training step, against plain."""
    brings_head: bool = False
    """Whether it has a head of its own, of which a classifier has one."""
    alone: str = ""
    """Why it stacks with no other, where that is so."""


STRATEGIES: Registry[StrategyEntry] = Registry("training strategy", group="tag2mask.strategies")
STRATEGIES.update({
    "plain": StrategyEntry(
        build=TrainingStrategy, paper="Zhou et al., CVPR 2016", idea="the photos as they are",
        cost="1", alone="it adds nothing",
    ),
    "attention_pooling": StrategyEntry(
        build=AttentionPooling, paper="Ilse et al., ICML 2018",
        idea="the head learns where to look for each class", cost="1", brings_head=True,
    ),
    "hide_and_seek": StrategyEntry(
        build=HideAndSeek, paper="Singh & Lee, ICCV 2017",
        idea="random patches are hidden in training", cost="1",
    ),
    "acol": StrategyEntry(
        build=Complementary, paper="Zhang et al., CVPR 2018",
        idea="a second head tells the class by what the first does not look at", cost="8",
        brings_head=True,
    ),
    "acol:narrow": StrategyEntry(
        build=partial(Complementary, narrow=True), paper="Zhang et al., CVPR 2018",
        idea="the same with heads of 128 channels", cost="2", brings_head=True,
    ),
    "mdc": StrategyEntry(
        build=MultiDilated, paper="Wei et al., CVPR 2018",
        idea="class heads with windows of several widths, their maps joined", cost="4",
        brings_head=True,
    ),
    "mdc:narrow": StrategyEntry(
        build=partial(MultiDilated, narrow=True), paper="Wei et al., CVPR 2018",
        idea="the same behind a layer of 128 channels", cost="1.1", brings_head=True,
    ),
    "mixup": StrategyEntry(
        build=Mixup, paper="Chang et al., BMVC 2020",
        idea="photos and tags are mixed; maps are kept sure and together", cost="1",
    ),
    "adversarial_erasing": StrategyEntry(
        build=AdversarialErasing, paper="Wei et al., CVPR 2017",
        idea="erase what a class is told by, and train on", cost="1.6 in all",
    ),
    "seam": StrategyEntry(
        build=Seam, paper="Wang et al., CVPR 2020",
        idea="maps of a photo and of a smaller copy agree; like pixels share them", cost="1.8",
    ),
})


def create_strategy(names: Sequence[str]) -> TrainingStrategy:
    """Build a strategy, or several that work together.

    Args:
        names: in the order in which they change a batch.

    Raises:
        InputError: no name, one that does not exist, or two that contradict each other.
    """
    entries = {name: STRATEGIES.get(name) for name in names}
    _check_stack(names, entries)
    parts = {name: entry.build() for name, entry in entries.items()}
    if len(parts) == 1:
        return next(iter(parts.values()))
    heads = [part for name, part in parts.items() if entries[name].brings_head]
    return Stack(tuple(parts.values()), *heads)


def _check_stack(names: Sequence[str], entries: dict[str, StrategyEntry]) -> None:
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
