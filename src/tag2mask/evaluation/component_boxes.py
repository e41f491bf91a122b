"""Boxes around connected components, of one mask or of all masks that a map gives."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tag2mask.evaluation.confusion import Figures

Boxes = NDArray[np.int64]


def component_boxes(mask: NDArray[np.bool_]) -> Boxes:
    """Put a box around every 8-connected component; things that touch share one.

    Args:
        mask: (H, W).

    Returns:
        (B, 4) top, left, bottom, right in pixels, the latter two excluded, by first pixel.
    """
    parent, found = _nothing(mask.size)
    roots = np.flatnonzero(mask)
    _join(roots, parent, found, mask.shape[1])
    boxes: Boxes = found[roots[parent[roots] == roots]]
    return boxes


def best_overlaps(levels: NDArray[np.int64], count: int, boxes: Boxes) -> Figures:
    """Find, for each threshold of a map, the largest IoU of a component's box with a true one.

    From the highest threshold to the lowest components only grow and join, so each pixel is looked
    at once.

    Args:
        levels: (H, W), how many thresholds a pixel reaches.
        count: of the thresholds, T.
        boxes: (B, 4) as `component_boxes` gives them.

    Returns:
        (T,) 0..1, lowest threshold first; 0 where no pixel reaches it.

    Raises:
        ValueError: no box, or one without a pixel of the photo.
    """
    boxes = np.asarray(boxes, np.int64).reshape(-1, 4)
    top, left, bottom, right = boxes.T
    height, width = levels.shape
    inside = (top >= 0) & (left >= 0) & (bottom <= height) & (right <= width)
    if not len(boxes) or not (inside & (top < bottom) & (left < right)).all():
        raise ValueError(f"boxes must lie within {levels.shape} and hold a pixel, not {boxes}")
    order = np.argsort(levels, axis=None, kind="stable")
    starts = np.searchsorted(levels.ravel()[order], np.arange(1, count + 2))
    parent, found = _nothing(levels.size)
    roots, best = np.zeros(0, np.int64), np.zeros(count)
    for threshold in reversed(range(count)):
        fresh = order[starts[threshold] : starts[threshold + 1]]
        _join(fresh, parent, found, width)
        roots = np.concatenate([roots, fresh])
        roots = roots[parent[roots] == roots]
        best[threshold] = _overlaps(found[roots], boxes).max(initial=0)
    return best


def _overlaps(some: Boxes, others: Boxes) -> Figures:
    """IoU of each with each: (A, 4) and (B, 4) to (A, B)."""
    start = np.maximum(some[:, None, :2], others[:, :2])
    stop = np.minimum(some[:, None, 2:], others[:, 2:])
    shared = np.maximum(stop - start, 0).prod(-1)
    one, other = ((boxes[:, 2:] - boxes[:, :2]).prod(-1) for boxes in (some, others))
    return np.asarray(shared / (one[:, None] + other - shared))


def _nothing(pixels: int) -> tuple[NDArray[np.int64], Boxes]:
    """Begin without a component: no pixel (-1) points at its component's first one."""
    return np.full(pixels, -1, np.int64), np.zeros((pixels, 4), np.int64)


@njit(nogil=True, cache=True)
def _join(
    fresh: NDArray[np.int64], parent: NDArray[np.int64], boxes: Boxes, width: int
) -> None:
    """Add pixels to the components. Only what points at itself keeps its box up to date."""
    height = len(parent) // width
    for pixel in fresh:
        y, x = pixel // width, pixel % width
        parent[pixel] = pixel
        boxes[pixel, 0], boxes[pixel, 1] = y, x
        boxes[pixel, 2], boxes[pixel, 3] = y + 1, x + 1
        for b in range(max(y - 1, 0), min(y + 2, height)):
            for a in range(max(x - 1, 0), min(x + 2, width)):
                if parent[b * width + a] >= 0:
                    _merge(_root(pixel, parent), _root(b * width + a, parent), parent, boxes)


@njit(nogil=True, cache=True)
def _root(pixel: int, parent: NDArray[np.int64]) -> int:
    """Go to the component's first pixel, and halve the way for those who come later."""
    while parent[pixel] != pixel:
        parent[pixel] = parent[parent[pixel]]
        pixel = parent[pixel]
    return pixel


@njit(nogil=True, cache=True)
def _merge(one: int, other: int, parent: NDArray[np.int64], boxes: Boxes) -> None:
    first, later = min(one, other), max(one, other)
    parent[later] = first
    for side in range(2):
        boxes[first, side] = min(boxes[first, side], boxes[later, side])
        boxes[first, 2 + side] = max(boxes[first, 2 + side], boxes[later, 2 + side])
