"""How much of the photos is foreground, chosen by annotations: truth that may be used.

Complete masks show the share that gives the best overlap. Clicks and scribbles are no fair sample
of pixels, so with these the share is taken that tells foreground from background best, each counted
alike (Youden's index), among the candidates that are as good the one nearest to the choice without
annotations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE

FEW_MASKS = 8
"""Complete masks below which they do not decide."""

FEW_PIXELS = 30
"""Certain places of foreground and of background, each, below which they do not decide."""

_NEARLY = 0.98
"""Of the best; what is as good as this is decided by the choice without annotations."""


@dataclass(frozen=True, eq=False)
class Annotated:
    """One photo.

    Attributes:
        ranks: (h, w) in [0, 1], the highest rank of any map at each cell.
        certain: (h, w) uint8, labels, 255 where nothing is certain.
        complete: whether every pixel is certain.
    """

    ranks: np.ndarray
    certain: np.ndarray
    complete: bool


@dataclass(frozen=True)
class AnnotatedShare:
    """What annotations chose.

    Attributes:
        share: of foreground.
        source: in words, for the protocol.
    """

    share: float
    source: str


def choose_annotated_share(
    photos: Iterable[Annotated], shares: Sequence[float], usual: float
) -> AnnotatedShare | None:
    """Choose a share of foreground by what is certain; None where that is too little.

    Args:
        photos: with tags, and with certain pixels.
        shares: (S,) candidates.
        usual: the choice without annotations.
    """
    grid = np.asarray(shares)
    seen = list(photos)
    whole = [photo for photo in seen if photo.complete]
    if len(whole) >= FEW_MASKS:
        overlap = np.mean([_overlap(photo, grid) for photo in whole], axis=0)
        return AnnotatedShare(_nearest(overlap, grid, usual), f"{len(whole)} complete masks")
    ranks = [_certain_ranks(photo) for photo in seen if not photo.complete]
    thing, ground = (np.concatenate([np.zeros(0), *part]) for part in zip(*ranks, strict=True)) \
        if ranks else (np.zeros(0), np.zeros(0))
    if min(len(thing), len(ground)) < FEW_PIXELS:
        return None
    told = (thing[:, None] > 1 - grid).mean(0) - (ground[:, None] > 1 - grid).mean(0)
    return AnnotatedShare(_nearest(told, grid, usual), f"{len(ranks)} photos with certain pixels")


def _overlap(photo: Annotated, grid: np.ndarray) -> np.ndarray:
    """Return (S,): the intersection over union of foreground at each share."""
    thing = ((photo.certain != BACKGROUND) & (photo.certain != IGNORE)).ravel()
    above = photo.ranks.ravel()[:, None] > 1 - grid
    both = (above & thing[:, None]).sum(0)
    either = (above | thing[:, None]).sum(0)
    overlap: np.ndarray = both / np.maximum(either, 1)
    return overlap


def _certain_ranks(photo: Annotated) -> tuple[np.ndarray, np.ndarray]:
    """Return the ranks of certain foreground and of certain background."""
    thing = (photo.certain != BACKGROUND) & (photo.certain != IGNORE)
    return photo.ranks[thing], photo.ranks[photo.certain == BACKGROUND]


def _nearest(curve: np.ndarray, grid: np.ndarray, usual: float) -> float:
    good = grid[curve >= _NEARLY * curve.max()] if curve.max() > 0 else grid
    return float(good[np.abs(np.log(good / usual)).argmin()])
