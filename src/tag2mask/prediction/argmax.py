"""Compute the argmax of upsampled logits without computing all upsampled logits.

Bilinear interpolation mixes four cells with weights that sum to one. If one label is largest in all
four cells, it is largest everywhere between them. Only the remaining pixels are interpolated, a few
per cent of a photo, and no plane of the photo's size is required per label.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt


def labels_of(classes: Sequence[int]) -> npt.NDArray[np.uint8]:
    """Return the labels, ascending, of the background and some 0-based classes."""
    return np.array([0, *(k + 1 for k in sorted(set(classes)))], np.uint8)


def upsampled_argmax(logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the argmax of logits interpolated to `size`, bilinear with corners not aligned.

    Args:
        logits: (K + 1, h, w) float32.
        size: (H, W), larger or smaller.

    Returns:
        (H, W) uint8 labels; for equal logits the lowest label.
    """
    planes = np.ascontiguousarray(logits)
    if planes.shape[1:] == size:
        labels: np.ndarray = _largest(planes)
        return labels
    mask = np.empty(size, np.uint8)
    fill_rows(mask, 0, planes, top=0, height=planes.shape[1])
    return mask


def fill_rows(
    mask: np.ndarray, start: int, planes: np.ndarray, *, top: int, height: int
) -> int:
    """Fill the rows of `mask` from `start` on that depend only on a band of the logits.

    Args:
        mask: (H, W) uint8, modified in place.
        start: the first row to fill.
        planes: (K + 1, n, w) float32, rows `top` to `top + n` of all logits.
        top: first row of the band; at most the row above `start`.
        height: number of rows of all logits, h.

    Returns:
        The first row that is not filled; H after the last band.
    """
    low, high, down = between(mask.shape[0], height)
    left, right, across = between(mask.shape[1], planes.shape[2])
    stop = int(np.searchsorted(high, top + planes.shape[1]))
    here = slice(start, stop)
    _decide(
        planes, _largest(planes),
        low[here] - top, high[here] - top, down[here], left, right, across, mask[here],
    )
    return max(start, stop)


def between(target: int, source: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the two cells around each target pixel, and the weight of the second cell."""
    centre = ((np.arange(target) + 0.5) * source / target - 0.5).clip(0, source - 1)
    low = centre.astype(np.int64)
    return low, np.minimum(low + 1, source - 1), (centre - low).astype(np.float32)


@numba.njit(cache=True, nogil=True)
def _largest(planes: np.ndarray) -> np.ndarray:
    """Return the argmax of each cell of (K + 1, n, w); for equal logits the lowest label."""
    labels = np.zeros(planes.shape[1:], np.uint8)
    best = np.empty(planes.shape[2], np.float32)
    for y in range(planes.shape[1]):
        for x in range(planes.shape[2]):
            best[x] = planes[0, y, x]
        for k in range(1, planes.shape[0]):
            for x in range(planes.shape[2]):  # without a branch, so that cells are vectorised
                larger = planes[k, y, x] > best[x]
                labels[y, x] = np.uint8(k) if larger else labels[y, x]
                best[x] = planes[k, y, x] if larger else best[x]
    return labels


@numba.njit(cache=True, nogil=True)
def _decide(
    planes: np.ndarray, labels: np.ndarray,
    low: np.ndarray, high: np.ndarray, down: np.ndarray,
    left: np.ndarray, right: np.ndarray, across: np.ndarray, mask: np.ndarray,
) -> None:
    """Fill `mask` from planes (K + 1, n, w) and the argmax of each cell."""
    for y in range(len(low)):
        a, b, v = low[y], high[y], down[y]
        for x in range(len(left)):
            c, d, u = left[x], right[x], across[x]
            chosen = labels[a, c]
            if labels[a, d] != chosen or labels[b, c] != chosen or labels[b, d] != chosen:
                best = -np.inf
                for k in range(planes.shape[0]):
                    upper = planes[k, a, c] + u * (planes[k, a, d] - planes[k, a, c])
                    lower = planes[k, b, c] + u * (planes[k, b, d] - planes[k, b, c])
                    value = upper + v * (lower - upper)
                    if value > best:
                        best, chosen = value, k
            mask[y, x] = chosen
