"""Click to fix: a person says where a class is and where it is not, and its region follows.

Every click speaks for what is near and looks alike: its weight falls with the geodesic distance
over the photo's regions (Bai & Sapiro, ICCV 2007), where crossing an edge is far. The present
scores speak for the rest. A random walk with priors (Grady, CVPR 2005) then settles what the
clicks leave open, so that borders fall on edges of the photo.

Differs from the papers: both work on regions instead of pixels, and what no click reaches stays
exactly as it is, so that a click never destroys work elsewhere in the photo.
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
"""A cost at which a click has no weight left."""

_UNREACHED = 0.05
"""Votes up to which a region stays as it is."""


@dataclass(frozen=True)
class Click:
    """One click on a photo."""

    y: float
    """Row, in pixels of the photo; the top one is 0."""
    x: float
    """Column."""
    positive: bool = True
    """True: the class is here. False: it is not."""


@dataclass(frozen=True)
class Weights:
    """How clicks spread; the defaults correct a mask that is mostly right."""

    reach: float = 6.0
    """Geodesic distance, in typical contrasts, at which a click has lost most of its weight."""
    alike: float = 0.15
    """Difference in OKLab from the click at which a region has lost most of its weight."""
    strength: float = 3.0
    """Weight of a click where it is, against 1 of what is there already."""
    tie: float = 0.05
    """How strongly neighbours that look alike pull each other, per pixel of common border."""
    patience: float = 0.12
    """What each step costs besides its contrast, so that plain ground is not endless."""


WIDE = Weights(reach=12.0, alike=0.3, strength=10.0)
"""Where the class has no pixel yet, a click may take as much as looks alike."""

_MOST = 0.5
"""Share of a photo above which a first click has taken too much."""

_SHARPER = 1.3
"""How many times the contrast at its border lets a smaller region win over a larger one."""


def propose(
    image: np.ndarray, scores: np.ndarray | None, clicks: Sequence[Click], *,
    present: np.ndarray | None = None, regions: PhotoRegions | None = None,
    weights: Weights | None = None,
) -> np.ndarray:
    """Correct the mask of one class by clicks.

    Args:
        image: (H, W, 3) uint8.
        scores: (h, w) in [0, 1], how likely the class is; any size, 0.5 decides. None: unknown.
        clicks: all clicks so far, the oldest first; of two on one region the later counts.
        present: (H, W) bool, the mask that is to be corrected; from `scores` where left out.
        regions: of the image, from `divide_photo`, which takes most of the time.
        weights: how clicks spread; chosen by whether the class has any pixel yet when left out.

    Returns:
        (H, W) bool, the corrected mask of the class.

    Raises:
        ValueError: the present mask has another size than the photo, or a click is outside.
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
    """Begin a class: a wide region or a small one, by which of them ends on edges of the photo.

    A thing of a colour of its own is taken whole; a defect on plain ground does not take the
    ground along.
    """
    wide = _corrected(regions, scores, mask, clicks, WIDE)
    small = _corrected(regions, scores, mask, clicks, Weights())
    sharper = _sharpness(regions, small) > _SHARPER * _sharpness(regions, wide)
    return small if sharper or wide.mean() > _MOST else wide


def _sharpness(regions: PhotoRegions, mask: np.ndarray) -> float:
    """Measure the mean contrast along the border of a mask; 0 where it has none."""
    inside = _share(regions, mask) > 0.5
    cut = np.repeat(inside, np.diff(regions.starts)) != inside[regions.neighbours]
    length = float(regions.borders[cut].sum())
    return float((regions.contrasts * regions.borders)[cut].sum()) / length if length else 0.0


def _corrected(
    regions: PhotoRegions, scores: np.ndarray | None, mask: np.ndarray, clicks: Sequence[Click],
    weights: Weights,
) -> np.ndarray:
    """Let all clicks vote, settle the rest, and change the regions whose side has changed."""
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
    """Average over each region the mask, and the mean of the mask and how sure the scores are.

    The mask counts too, because a person may have drawn it.
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
    """Say how much the clicks speak against and for each region: (2, n) float32.

    Of two clicks that contradict each other the nearer one speaks: each side is multiplied by its
    share of nearness.
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
    """Measure how far each region is from a click, in way and looks: (n,) float32."""
    far = geodesic(regions, region, weights.patience, 3 * weights.reach) / weights.reach
    apart = np.linalg.norm(regions.looks - regions.looks[region], axis=1) / weights.alike
    return np.asarray(far * far + apart * apart, np.float32)


@njit(nogil=True, cache=True)
def _repaint(
    mask: np.ndarray, labels: np.ndarray, changed: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Give the pixels of changed regions their region's value: (H, W) bool."""
    result = np.empty(mask.shape, np.bool_)
    for y in range(mask.shape[0]):
        for x in range(mask.shape[1]):
            region = labels[y, x]
            result[y, x] = values[region] if changed[region] else mask[y, x]
    return result
