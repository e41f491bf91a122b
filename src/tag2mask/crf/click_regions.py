"""Interactive correction of the mask of one class by positive and negative clicks.

A click influences regions that are nearby and similar in colour. Its weight decreases with the
geodesic distance over the photo's regions (Bai & Sapiro, ICCV 2007), in which crossing an edge is
expensive. Elsewhere the current scores are used as the prior. A random walk with priors (Grady,
CVPR 2005) then decides the remaining regions, so that mask borders follow edges in the photo.

Differs from the papers: both methods work on regions instead of pixels, and regions that no click
reaches keep their current mask, so that a click never changes distant parts of the photo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from PIL import Image

from tag2mask.crf.photo_regions import PhotoRegions, divide_photo
from tag2mask.crf.region_walk import geodesic, settle

_FAR = 1e3
"""Cost at which the weight of a click is practically zero."""

_UNREACHED = 0.05
"""Sum of votes up to which a region keeps its current mask."""


@dataclass(frozen=True)
class Click:
    """One click on a photo."""

    y: float
    """Row, in pixels of the photo; the top row is 0."""
    x: float
    """Column, in pixels of the photo; the leftmost column is 0."""
    positive: bool = True
    """True if the class is present at this pixel, False if it is absent."""


@dataclass(frozen=True)
class Weights:
    """Parameters of click propagation; the defaults suit a mask that is mostly correct."""

    reach: float = 6.0
    """Geodesic distance, in units of the typical contrast, at which a click's weight is 1/e."""
    alike: float = 0.15
    """Distance in OKLab from the clicked region at which a click's weight is 1/e."""
    strength: float = 3.0
    """Weight of a click at its own region, relative to a weight of 1 for the prior."""
    tie: float = 0.05
    """Strength of the coupling between similar neighbours, per pixel of common border."""
    patience: float = 0.12
    """Constant cost of each step in addition to its contrast, which limits the reach of a click in
    uniform areas."""


WIDE = Weights(reach=12.0, alike=0.3, strength=10.0)
"""Weights for a class without any pixel so far: a click may select all regions of its colour."""

_MOST = 0.5
"""Fraction of the photo above which the result of a first click is considered too large."""

_SHARPER = 1.3
"""Ratio of border contrasts above which the smaller region is chosen over the larger one."""


def propose(
    image: np.ndarray, scores: np.ndarray | None, clicks: Sequence[Click], *,
    present: np.ndarray | None = None, regions: PhotoRegions | None = None,
    weights: Weights | None = None,
) -> np.ndarray:
    """Correct the mask of one class by clicks.

    Args:
        image: (H, W, 3) uint8.
        scores: (h, w) in [0, 1], the probability of the class, at any size, with a threshold of
            0.5; None if unknown.
        clicks: all clicks so far, oldest first; of two clicks on one region the later one counts.
        present: (H, W) bool, the mask to correct; by default `scores` above the threshold.
        regions: regions of the image from `divide_photo`, which takes most of the time; computed
            by default.
        weights: parameters of click propagation; by default chosen by whether the class has any
            pixel yet.

    Returns:
        (H, W) bool, the corrected mask of the class.

    Raises:
        ValueError: the current mask and the photo differ in size, or a click is outside the photo.
    """
    size = image.shape[:2]
    mask = _plane(scores, size) > 0.5 if present is None else np.asarray(present, bool)
    if mask.shape != size:
        raise ValueError(f"the present mask must be {size}, not {mask.shape}")
    for click in clicks:
        if not (0 <= click.y < size[0] and 0 <= click.x < size[1]):
            raise ValueError(f"a click at {click.y}, {click.x} is outside of a photo of {size}")
    if not clicks:
        return mask.copy()
    regions = divide_photo(image) if regions is None else regions
    if weights is None and not mask.any():
        return _first(regions, scores, mask, clicks)
    return _corrected(regions, scores, mask, clicks, weights or Weights())


def _plane(scores: np.ndarray | None, size: tuple[int, int]) -> np.ndarray:
    if scores is None:
        return np.zeros(size, np.float32)
    plane = np.nan_to_num(np.asarray(scores, np.float32)).clip(0, 1)
    if plane.shape == size:
        return plane
    return np.asarray(Image.fromarray(plane).resize(size[::-1], Image.Resampling.BILINEAR))


def _first(
    regions: PhotoRegions, scores: np.ndarray | None, mask: np.ndarray, clicks: Sequence[Click]
) -> np.ndarray:
    """Segment a class without any pixel so far by the wide or the default weights.

    The result whose border follows edges in the photo is chosen. An object of a distinct colour is
    therefore selected completely, while a small defect is selected without its uniform background.
    """
    wide = _corrected(regions, scores, mask, clicks, WIDE)
    small = _corrected(regions, scores, mask, clicks, Weights())
    sharper = _sharpness(regions, small) > _SHARPER * _sharpness(regions, wide)
    return small if sharper or wide.mean() > _MOST else wide


def _sharpness(regions: PhotoRegions, mask: np.ndarray) -> float:
    """Return the mean contrast along the border of a mask; 0 if it has no border."""
    inside = _share(regions, mask) > 0.5
    cut = np.repeat(inside, np.diff(regions.starts)) != inside[regions.neighbours]
    length = float(regions.borders[cut].sum())
    return float((regions.contrasts * regions.borders)[cut].sum()) / length if length else 0.0


def _corrected(
    regions: PhotoRegions, scores: np.ndarray | None, mask: np.ndarray, clicks: Sequence[Click],
    weights: Weights,
) -> np.ndarray:
    """Combine the votes of all clicks with the prior and update the regions that change class."""
    number = len(regions.sizes)
    before, prior = _beliefs(regions, scores, mask)
    seeds = {int(regions.labels[int(c.y), int(c.x)]): c.positive for c in clicks}
    votes = _votes(regions, seeds, weights)
    total = 1 + votes.sum(0)
    fixed = np.full(number, -1, np.int8)
    fixed[list(seeds)] = list(seeds.values())
    pull = total * regions.sizes / regions.sizes.mean()
    after = settle(regions, (prior + votes[1]) / total, pull, fixed, weights.tie)
    reached = votes.sum(0) > _UNREACHED
    changed = reached & ((after > 0.5) != (before > 0.5)) | (fixed >= 0)
    return _repaint(mask, regions.labels, changed, after > 0.5)


def _beliefs(
    regions: PhotoRegions, scores: np.ndarray | None, mask: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of the mask in each region, and the same averaged with the mean scores.

    The mask is part of the prior because a person may have drawn it.
    """
    before = _share(regions, mask)
    if scores is None:
        return before, before
    return before, (before + _share(regions, _plane(scores, regions.grid.shape))) / 2


def _share(regions: PhotoRegions, plane: np.ndarray) -> np.ndarray:
    """Average a plane of any size over each region: (n,) float64."""
    grid = regions.grid
    rows = np.arange(grid.shape[0]) * plane.shape[0] // grid.shape[0]
    columns = np.arange(grid.shape[1]) * plane.shape[1] // grid.shape[1]
    seen = plane[rows][:, columns]
    return np.asarray(np.bincount(grid.ravel(), seen.ravel(), len(regions.sizes)) / regions.sizes)


def _votes(regions: PhotoRegions, seeds: dict[int, bool], weights: Weights) -> np.ndarray:
    """Compute the votes of the clicks against and for each region: (2, n) float32.

    Between contradictory clicks the nearer one dominates: the votes of each side are multiplied by
    its relative nearness.
    """
    costs = np.full((2, len(regions.sizes)), np.inf, np.float32)
    for region, positive in seeds.items():
        side = costs[int(positive)]
        np.minimum(side, _cost(regions, region, weights), out=side)
    votes = weights.strength * np.exp(-costs)
    if np.isfinite(costs).any(1).all():
        finite = np.minimum(costs, _FAR)
        votes *= finite[::-1] / np.maximum(finite.sum(0), 1e-9)
    return np.asarray(votes, np.float32)


def _cost(regions: PhotoRegions, region: int, weights: Weights) -> np.ndarray:
    """Compute the cost of each region from its distance and colour difference: (n,) float32."""
    far = geodesic(regions, region, weights.patience, 3 * weights.reach) / weights.reach
    apart = np.linalg.norm(regions.looks - regions.looks[region], axis=1) / weights.alike
    return np.asarray(far * far + apart * apart, np.float32)


@njit(nogil=True, cache=True)
def _repaint(
    mask: np.ndarray, labels: np.ndarray, changed: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Assign the value of each changed region to its pixels: (H, W) bool."""
    result = np.empty(mask.shape, np.bool_)
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            region = labels[y, x]
            result[y, x] = values[region] if changed[region] else mask[y, x]
    return result
