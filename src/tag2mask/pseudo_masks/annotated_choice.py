"""Selection of the foreground fraction from the user's annotations.

With complete masks, the fraction with the best overlap is chosen. Clicks and scribbles are not a
representative sample of pixels, so with these the fraction is chosen that best separates foreground
from background with equal weights (Youden's index); of nearly equal candidates, the one nearest to
the choice without annotations is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE

FEW_MASKS = 8
"""Minimum number of complete masks for a choice by masks."""

FEW_PIXELS = 30
"""Minimum number of annotated cells of foreground, and of background, for a choice by these."""

_NEARLY = 0.98
"""Fraction of the best score; candidates above it are ranked by the choice without annotations."""


@dataclass(frozen=True, eq=False)
class Annotated:
    """One annotated photo.

    Attributes:
        ranks: (h, w) in [0, 1], the highest rank of any map at each cell.
        certain: (h, w) uint8, annotated labels, 255 elsewhere.
        complete: whether every pixel is annotated.
    """

    ranks: np.ndarray
    certain: np.ndarray
    complete: bool


@dataclass(frozen=True)
class AnnotatedShare:
    """The foreground fraction chosen from annotations.

    Attributes:
        share: fraction of foreground.
        source: description of the source, for the protocol.
    """

    share: float
    source: str


def choose_annotated_share(
    photos: Iterable[Annotated], shares: Sequence[float], usual: float
) -> AnnotatedShare | None:
    """Choose the foreground fraction from annotated pixels; None if there are too few.

    Args:
        photos: photos with tags and annotated pixels.
        shares: (S,) candidate fractions.
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
    gap = (thing[:, None] > 1 - grid).mean(0) - (ground[:, None] > 1 - grid).mean(0)
    return AnnotatedShare(_nearest(gap, grid, usual), f"{len(ranks)} photos with certain pixels")


def _overlap(photo: Annotated, grid: np.ndarray) -> np.ndarray:
    """Return the IoU of the foreground at each candidate fraction, (S,)."""
    thing = ((photo.certain != BACKGROUND) & (photo.certain != IGNORE)).ravel()
    above = photo.ranks.ravel()[:, None] > 1 - grid
    both = (above & thing[:, None]).sum(0)
    either = (above | thing[:, None]).sum(0)
    overlap: np.ndarray = both / np.maximum(either, 1)
    return overlap


def _certain_ranks(photo: Annotated) -> tuple[np.ndarray, np.ndarray]:
    """Return the ranks of annotated foreground and of annotated background."""
    thing = (photo.certain != BACKGROUND) & (photo.certain != IGNORE)
    return photo.ranks[thing], photo.ranks[photo.certain == BACKGROUND]


def _nearest(curve: np.ndarray, grid: np.ndarray, usual: float) -> float:
    good = grid[curve >= _NEARLY * curve.max()] if curve.max() > 0 else grid
    return float(good[np.abs(np.log(good / usual)).argmin()])
