"""Connected components of a mask, computed from the runs of its rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


def part_numbers(mask: npt.NDArray[np.bool_], *, corners: bool = True) -> tuple[Numbers, int]:
    """Number the connected parts of a mask in the order of their first pixels.

    Args:
        mask: (H, W).
        corners: whether pixels that only share a corner are connected.

    Returns:
        (H, W) int64, the number of the part from 1 or 0 outside, and the number of parts.
    """
    height, width = mask.shape
    padded = np.zeros((height, width + 1), np.int8)
    padded[:, :width] = mask
    change = np.diff(padded.ravel(), prepend=np.int8(0))
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    if not len(starts):
        return np.zeros(mask.shape, np.int64), 0
    roots = _joined(len(starts), *_touching(starts, ends, width + 1, corners))
    _, numbers = np.unique(roots, return_inverse=True)
    steps = np.zeros(height * (width + 1), np.int64)
    steps[starts] = numbers + 1
    steps[ends] -= numbers + 1
    return np.cumsum(steps).reshape(height, width + 1)[:, :width], int(numbers.max()) + 1


def _touching(
    starts: Numbers, ends: Numbers, stride: int, corners: bool
) -> tuple[Numbers, Numbers]:
    """Return pairs of runs in adjacent rows that touch."""
    # A run that ends where this one starts, or starts where it ends, touches it at a corner.
    first = np.searchsorted(ends, starts + stride, side="left" if corners else "right")
    last = np.searchsorted(starts, ends + stride, side="right" if corners else "left")
    counts = np.maximum(last - first, 0)
    above = np.repeat(np.arange(len(starts)), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return above, np.repeat(first, counts) + offsets


def _joined(count: int, one: Numbers, other: Numbers) -> Numbers:
    """Return the lowest run of the part of each run, by propagating minima until convergence."""
    root = np.arange(count)
    while True:
        low = np.minimum(root[one], root[other])
        before = root.copy()
        np.minimum.at(root, before[one], low)
        np.minimum.at(root, before[other], low)
        while (root[root] != root).any():
            root = root[root]
        if (root == before).all():
            return root
