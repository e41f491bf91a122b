"""Bounding boxes of connected components, of one mask or of a map at every threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import ndimage

from tag2mask.metrics.confusion import Figures

Boxes = NDArray[np.int64]


def component_boxes(mask: NDArray[np.bool_]) -> Boxes:
    """Return the bounding box of every 8-connected component; touching objects share one box.

    Args:
        mask: (H, W).

    Returns:
        (B, 4) top, left, bottom, right in pixels, the latter two exclusive, ordered by the first
        pixel of the component.
    """
    found = ndimage.find_objects(ndimage.label(mask, np.ones((3, 3)))[0])
    corners = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in found]
    return np.array(corners, np.int64).reshape(-1, 4)


def best_overlaps(levels: NDArray[np.signedinteger[Any]], count: int, boxes: Boxes) -> Figures:
    """Find, for each threshold of a map, the largest IoU of a component's box with a true one.

    From the highest threshold to the lowest, components only grow and merge, so each pixel is
    visited once. Labelling the components at every threshold with SciPy takes 27 times as long
    (101 thresholds, 192 x 256 pixels).

    Args:
        levels: (H, W), number of thresholds that each pixel reaches.
        count: number of thresholds, T.
        boxes: (B, 4) as returned by `component_boxes`.

    Returns:
        (T,) 0..1, lowest threshold first; 0 where no pixel reaches the threshold.

    Raises:
        ValueError: `boxes` is empty, or a box contains no pixel of the photo.
    """
    boxes = np.asarray(boxes, np.int64).reshape(-1, 4)
    top, left, bottom, right = boxes.T
    height, width = levels.shape
    inside = (top >= 0) & (left >= 0) & (bottom <= height) & (right <= width)
    if not len(boxes) or not (inside & (top < bottom) & (left < right)).all():
        raise ValueError(f"boxes must lie within {levels.shape} and hold a pixel, not {boxes}")
    best = np.zeros(count)
    _grow(np.ascontiguousarray(levels, np.int16), boxes, best)
    return best


@njit(nogil=True, cache=True)
def _grow(levels: NDArray[np.int16], boxes: Boxes, best: Figures) -> None:
    """Grow components from the highest threshold down and store the best IoU per threshold.

    Pixels are numbered in rows padded to a power of two with at least one spare column, and with a
    spare row above and below, so that coordinates need no division and neighbours no bounds check.
    """
    shift = int(np.ceil(np.log2(levels.shape[1] + 1)))
    size = (levels.shape[0] + 2) << shift
    order, starts = _sorted(levels, len(best), shift)
    parent = np.full(size, -1, np.int32)
    found = np.empty((size, 4), np.int32)
    roots, live = np.empty(len(order), np.int32), 0
    for threshold in range(len(best) - 1, -1, -1):
        for place in range(starts[threshold], starts[threshold + 1]):
            pixel = int(order[place])
            if _join(pixel, parent, found, shift) == pixel:
                roots[live] = pixel
                live += 1
        kept = 0
        for at in range(live):
            if parent[roots[at]] == roots[at]:
                roots[kept] = roots[at]
                kept += 1
                for box in boxes:
                    best[threshold] = max(best[threshold], _overlap(found[roots[at]], box))
        live = kept


@njit(nogil=True, cache=True)
def _sorted(
    levels: NDArray[np.int16], count: int, shift: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Sort the pixels by level, without those of level 0.

    The pixels of level l are `order[starts[l - 1] : starts[l]]`.
    """
    sizes = np.zeros(count + 2, np.int64)
    for level in levels.ravel():
        sizes[level + 1] += 1
    sizes[1] = 0
    to = np.cumsum(sizes)
    starts, order = to[1:].copy(), np.empty(to[-1], np.int32)
    for y in range(levels.shape[0]):
        for x in range(levels.shape[1]):
            level = levels[y, x]
            if level:
                order[to[level]] = ((y + 1) << shift) + x
                to[level] += 1
    return order, starts


@njit(nogil=True, cache=True)
def _join(
    pixel: int, parent: NDArray[np.int32], found: NDArray[np.int32], shift: int
) -> int:
    """Add a pixel to the adjacent components, and return its new root.

    A diagonal neighbour is checked only if both pixels adjacent to it and to this one are missing;
    otherwise it is already connected through them.
    """
    width = 1 << shift
    y, x = (pixel >> shift) - 1, pixel & (width - 1)
    up, down = parent[pixel - width] >= 0, parent[pixel + width] >= 0
    left, right = parent[pixel - 1] >= 0, parent[pixel + 1] >= 0
    root = -1
    for there, beside in ((up, -width), (left, -1), (right, 1), (down, width)):
        if there:
            root = _merge(root, pixel + beside, parent, found)
    for corner, beyond in (
        (-width - 1, up or left), (1 - width, up or right),
        (width - 1, down or left), (width + 1, down or right),
    ):
        if not beyond and parent[pixel + corner] >= 0:
            root = _merge(root, pixel + corner, parent, found)
    if root < 0:
        parent[pixel] = pixel
        found[pixel, 0], found[pixel, 1], found[pixel, 2], found[pixel, 3] = y, x, y + 1, x + 1
        return pixel
    parent[pixel] = root
    found[root, 0], found[root, 1] = min(found[root, 0], y), min(found[root, 1], x)
    found[root, 2], found[root, 3] = max(found[root, 2], y + 1), max(found[root, 3], x + 1)
    return root


@njit(nogil=True, cache=True)
def _merge(
    root: int, other: int, parent: NDArray[np.int32], found: NDArray[np.int32]
) -> int:
    """Join the component of `root` (-1 if there is none) with that of a pixel; return the new root.

    The path from the pixel to its root is halved, which makes later look-ups faster.
    """
    while parent[other] != other:
        parent[other] = parent[parent[other]]
        other = parent[other]
    if root < 0 or root == other:
        return other
    first, later = min(root, other), max(root, other)
    parent[later] = first
    for side in range(2):
        found[first, side] = min(found[first, side], found[later, side])
        found[first, 2 + side] = max(found[first, 2 + side], found[later, 2 + side])
    return first


@njit(nogil=True, cache=True)
def _overlap(one: NDArray[np.int32], other: NDArray[np.int64]) -> float:
    """Compute the IoU of two boxes."""
    tall = min(one[2], other[2]) - max(one[0], other[0])
    wide = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(tall, 0) * max(wide, 0)
    both = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return float(shared / (both - shared))
