"""Selection of the foreground fraction from the user's annotations.

With complete masks, the fraction with the best overlap of foreground and of background is chosen;
the overlap of the foreground alone is largest for too large fractions where maps are poor. Few
masks say little about a whole set, so of all fractions that are not clearly worse, the one nearest
to the choice without annotations is taken. Clicks and scribbles are not a representative sample of
pixels, so with these the fraction is chosen that best separates foreground from background with
equal weights (Youden's index), again the one nearest to the choice without annotations of nearly
equal ones.

All of this assumes that the annotated photos are like the others. Those that a person corrects
first are not, which `are_typical` checks.
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
"""Fraction of the best score of clicks; candidates above it are ranked by the choice without
annotations."""

_ERRORS = 2.0
"""Standard errors by which a candidate must be worse than the best one to be ruled out, and by
which annotated photos must differ from the others to be called unlike them.

With the masks of 8 photos, the mIoU of all others is 37.1 on magnetic_tile (33.8 with `_NEARLY` and
the overlap of the foreground alone) and 49.0 on Pascal VOC (48.9); with those of 40 it is 37.2
(36.2) and 49.2 (49.2). Without annotations it is 37.4 and 49.0.
"""


@dataclass(frozen=True, eq=False)
class Annotated:
    """One annotated photo.

    Attributes:
        ranks: (h, w) in [0, 1], the highest rank of any map at each cell.
        certain: (h, w) uint8, annotated labels, 255 elsewhere.
        complete: whether a mask decides all of the photo, except for undecidable borders.
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
        overlap = np.stack([_overlap(photo, grid) for photo in whole])
        share = _nearest(_not_clearly_worse(overlap), grid, usual)
        return AnnotatedShare(share, f"{len(whole)} complete masks")
    ranks = [_certain_ranks(photo) for photo in seen if not photo.complete]
    thing, ground = (np.concatenate([np.zeros(0), *part]) for part in zip(*ranks, strict=True)) \
        if ranks else (np.zeros(0), np.zeros(0))
    if min(len(thing), len(ground)) < FEW_PIXELS:
        return None
    gap = (thing[:, None] > 1 - grid).mean(0) - (ground[:, None] > 1 - grid).mean(0)
    good = gap >= _NEARLY * gap.max() if gap.max() > 0 else np.ones(len(grid), bool)
    share = _nearest(good, grid, usual)
    return AnnotatedShare(share, f"{len(ranks)} photos with certain pixels")


def are_typical(annotated: Sequence[float], others: Sequence[float]) -> bool:
    """Return whether annotated photos have as much foreground as the others, up to chance.

    Masks of lowest trust are often those with far too much foreground. A share that suits them is
    too small for the others: on synthetic scenes 0.21 in place of 0.30, which is also the true one.

    Args:
        annotated: fraction of foreground by the maps of each annotated photo, at one threshold.
        others: the same of the other photos; if there are none, nothing can differ.
    """
    if not annotated or not others:
        return True
    error = np.std([*annotated, *others]) * np.sqrt(1 / len(annotated) + 1 / len(others))
    return bool(abs(np.mean(annotated) - np.mean(others)) <= _ERRORS * error)


def _overlap(photo: Annotated, grid: np.ndarray) -> np.ndarray:
    """Return the mean IoU of foreground and background at each candidate fraction, (S,)."""
    known = photo.certain != IGNORE
    thing = (photo.certain[known] != BACKGROUND)[:, None]
    above = photo.ranks[known][:, None] > 1 - grid
    shares = [
        (ours & true).sum(0) / np.maximum((ours | true).sum(0), 1)
        for ours, true in ((above, thing), (~above, ~thing))
    ]
    return np.asarray(np.mean(shares, axis=0))


def _not_clearly_worse(overlap: np.ndarray) -> np.ndarray:
    """Return which candidates are as good as the best one up to chance: (S,) bool for (N, S)."""
    best = overlap.mean(0).argmax()
    behind = overlap[:, best : best + 1] - overlap
    error = behind.std(0, ddof=1) / np.sqrt(len(overlap))
    return np.asarray(behind.mean(0) <= _ERRORS * error)


def _certain_ranks(photo: Annotated) -> tuple[np.ndarray, np.ndarray]:
    """Return the ranks of annotated foreground and of annotated background."""
    thing = (photo.certain != BACKGROUND) & (photo.certain != IGNORE)
    return photo.ranks[thing], photo.ranks[photo.certain == BACKGROUND]


def _nearest(good: np.ndarray, grid: np.ndarray, usual: float) -> float:
    """Return the good candidate that is nearest to `usual`."""
    kept = grid[good]
    return float(kept[np.abs(np.log(kept / usual)).argmin()])
