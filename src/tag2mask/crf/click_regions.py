"""Interactive correction of the mask of one class by positive and negative clicks.

A class without any pixel is selected from the clicks (`first_click`); a mask is fitted again to
colours, scores and all clicks (`mask_refit`). Both work on the regions of the photo.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from PIL import Image

from tag2mask.crf.click_votes import Click, seeds_of
from tag2mask.crf.first_click import select
from tag2mask.crf.mask_refit import refit
from tag2mask.crf.photo_regions import PhotoRegions, divide_photo, region_means

__all__ = ["Click", "propose"]


def propose(
    image: np.ndarray, scores: np.ndarray | None, clicks: Sequence[Click], *,
    present: np.ndarray | None = None, regions: PhotoRegions | None = None, whole: bool = False,
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
        whole: whether a click may change all of the mask, which suits a draft; by default it
            changes the connected part at the latest click and what looks like it nearby.

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
    seeds = seeds_of(regions, clicks)
    grid = regions.grid.shape[0], regions.grid.shape[1]
    known = None if scores is None else region_means(regions, _plane(scores, grid))
    if mask.any():
        after, changed = refit(regions, mask, known, seeds, whole=whole)
        return _repaint(mask, regions.labels, changed, after)
    prior = np.zeros(len(regions.sizes)) if known is None else known / 2
    return np.asarray(select(regions, prior, seeds)[regions.labels])


def _plane(scores: np.ndarray | None, size: tuple[int, int]) -> np.ndarray:
    if scores is None:
        return np.zeros(size, np.float32)
    plane = np.nan_to_num(np.asarray(scores, np.float32)).clip(0, 1)
    if plane.shape == size:
        return plane
    return np.asarray(Image.fromarray(plane).resize(size[::-1], Image.Resampling.BILINEAR))


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
