"""Measure how well masks fit photos: boundaries against edges, labels against colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import IGNORE

SIDE = 96
"""Longest side in pixels at which photos and masks are compared."""

_LEAST_BOUNDARY = 8

Mask = npt.NDArray[Any]

TURNS: dict[str, Callable[[Mask], Mask]] = {
    "upside down (turned by 180 degrees)": lambda mask: mask[::-1, ::-1],
    "mirrored left to right": lambda mask: mask[:, ::-1],
    "mirrored top to bottom": lambda mask: mask[::-1],
}
"""Changes that may have been applied to masks, and the functions that undo them."""

SQUARE_TURNS: dict[str, Callable[[Mask], Mask]] = {
    "turned by 90 degrees to the left": lambda mask: np.rot90(mask, -1),
    "turned by 90 degrees to the right": lambda mask: np.rot90(mask, 1),
    "transposed": lambda mask: mask.T,
    "transposed along the other diagonal": lambda mask: np.rot90(mask, 2).T,
}
"""The changes that alter the size of a mask unless it is square."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tile:
    """A small photo with features that are reused for many masks."""

    ranks: npt.NDArray[np.float64]
    """(h, w): rank of the edge strength within the photo, 0 to 1."""
    pixels: npt.NDArray[np.float64]
    """(h, w, 3)."""


def make_tile(photo: npt.NDArray[np.uint8]) -> Tile:
    """Prepare a small photo, (h, w, 3)."""
    pixels = photo.astype(np.float64)
    edge = np.zeros(pixels.shape[:2])
    edge[:, 1:] += np.abs(np.diff(pixels, axis=1)).sum(axis=2)
    edge[1:] += np.abs(np.diff(pixels, axis=0)).sum(axis=2)
    padded = np.pad(edge, 1)
    height, width, _ = photo.shape
    around = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    strongest = np.max(around, axis=0)
    order = strongest.ravel().argsort(kind="stable").argsort(kind="stable")
    return Tile(ranks=(order / max(1, order.size - 1)).reshape(edge.shape), pixels=pixels)


def fit(tile: Tile, mask: Mask) -> float:
    """Return how well a mask of any size fits a photo; NaN for a mask without a boundary.

    The score adds the mean rank of the edges under the boundary (0.5 by chance) to the share of the
    standard deviation of the colours that the labels explain.
    """
    labels = resampled(mask, tile.ranks.shape)
    seams = boundary(labels)
    if seams.sum() < _LEAST_BOUNDARY:
        return float("nan")
    return float(tile.ranks[seams].mean()) + _explained(tile.pixels, labels)


def boundary(labels: Mask) -> npt.NDArray[np.bool_]:
    """Return the pixels whose left or upper neighbour has another label."""
    seams = np.zeros(labels.shape, bool)
    seams[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    seams[1:] |= labels[1:] != labels[:-1]
    return seams


def resampled(mask: Mask, size: tuple[int, ...]) -> Mask:
    """Return a mask at another size, by nearest neighbour."""
    rows = (np.arange(size[0]) * mask.shape[0]) // size[0]
    columns = (np.arange(size[1]) * mask.shape[1]) // size[1]
    return mask[np.ix_(rows, columns)]


def _explained(pixels: npt.NDArray[np.float64], labels: Mask) -> float:
    known = labels != IGNORE
    values, places = pixels[known], labels[known].astype(np.int64)
    counts = np.maximum(np.bincount(places, minlength=1), 1)
    total = values.var(axis=0).sum()
    if not total:
        return 0.0
    sums = np.stack([np.bincount(places, values[:, channel]) for channel in range(3)], axis=1)
    between = (sums**2 / counts[:, None]).sum(axis=0) / len(values) - values.mean(axis=0) ** 2
    return float(np.sqrt(max(0.0, between.sum() / total)))


def strength(gains: Sequence[float]) -> float:
    """Return Student's t of the mean of `gains`, ignoring NaN; 0 for fewer than two values."""
    known = np.array([gain for gain in gains if not np.isnan(gain)])
    if len(known) < 2:
        return 0.0
    spread = float(known.std(ddof=1)) / np.sqrt(len(known))
    return float(known.mean() / max(spread, 1e-9))
