"""The lattice points around every feature, numbered in a hash table.

A point is one integer: its coordinates in mixed radix.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tag2mask.crf.hash_table import EMPTY, empty_table, find, grown, put

_LEAST_BITS = 12
_BLOCK = 64
"""Features that are placed together."""


@njit(nogil=True, cache=True)
def place(
    features: np.ndarray, scales: np.ndarray, first: np.ndarray, radix: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Find the corners of the simplex around every feature, and its barycentric weights.

    Args:
        features: (N, d) float32.
        scales: (d,) float32, that they are elevated by.
        first: (d + 1,) int64, the smallest coordinate of each axis; the last is 0.
        radix: (d + 1,) int64, what a step along an axis adds to a number; the last is 0.

    Returns:
        corners (N, d + 1) uint32 from 1 on, weights (N, d + 1), the numbers (M,) of the points that
        were met, and the table they are in: its keys, and which point each is.
    """
    count, axes = len(features), features.shape[1] + 1
    corners = np.empty((count, axes), np.uint32)
    weights = np.empty((count, axes), np.float32)
    keys = np.empty(1 << _LEAST_BITS, np.int64)
    table, places = empty_table(_LEAST_BITS)
    met = 0
    apart, nearest = np.zeros((axes, _BLOCK), np.float32), np.zeros((axes, _BLOCK), np.float32)
    rank = np.empty((axes, _BLOCK), np.int32)
    before = np.full(axes, np.int64(EMPTY)), np.zeros(axes, np.int32)
    for start in range(0, count, _BLOCK):
        some = features[start : start + _BLOCK]
        stop = start + len(some)
        _elevate(some, scales, apart)
        _settle(apart, nearest, rank)
        while 2 * (met + _BLOCK * axes) > len(table):
            keys, table, places = grown(keys, met)
        met = _number(
            (apart, nearest, rank), first, radix, corners[start:stop], weights[start:stop],
            keys, met, table, places, before,
        )
    return corners, weights, keys[:met].copy(), table, places


@njit(nogil=True, cache=True)
def _number(
    settled: tuple[np.ndarray, np.ndarray, np.ndarray], first: np.ndarray, radix: np.ndarray,
    corners: np.ndarray, weights: np.ndarray, keys: np.ndarray, met: int, table: np.ndarray,
    places: np.ndarray, before: tuple[np.ndarray, np.ndarray],
) -> int:
    """Look the corners of a block's simplices up, and number those that were not met before.

    A function of its own, since arrays that may be exchanged for larger ones within a loop cost
    numba more than the looking up.

    Args:
        settled: how far features are off their remainder-0 points, those, and the axes' ranks.
        first: as `place` was given it.
        radix: as `place` was given it.
        corners: (n, d + 1), gets the points.
        weights: (n, d + 1), gets the shares.
        keys: gets the numbers of new points.
        met: how many points there are.
        table: with room for all that may be new.
        places: of the table's keys.
        before: the corners of the pixel before: pixels side by side often lie in the same simplex.

    Returns:
        how many points there are now.
    """
    apart, nearest, rank = settled
    known, known_place = before
    count, axes = corners.shape
    shift, one_step = np.uint64(64 - int(np.log2(len(table)) + 0.5)), radix.sum()
    steps = np.empty(axes, np.int64)
    for index in range(count):
        key = _share_out(apart, nearest, rank, index, first, radix, weights[index], steps)
        for corner in range(axes):
            if key != known[corner]:
                found = find(key, table, places, shift)
                if found == 0:
                    keys[met] = key
                    met += 1
                    found = np.int32(met)
                    put(key, found, table, places, shift)
                known[corner], known_place[corner] = key, found
            corners[index, corner] = known_place[corner]
            # The next corner: one step on along all axes, and a side back along one of them.
            key += one_step - axes * steps[axes - 1 - corner]
    return met


@njit(nogil=True, cache=True)
def neighbours_of(
    keys: np.ndarray, table: np.ndarray, places: np.ndarray, radix: np.ndarray
) -> np.ndarray:
    """Look up both neighbours of every lattice point along every axis.

    Args:
        keys: (M,), and the table, as `place` gives them.
        table: its keys.
        places: which point each is.
        radix: as `place` was given it.

    Returns:
        (d + 1, M + 1, 2) uint32, from 1 on; 0 where there is none.
    """
    axes = len(radix)
    shift = np.uint64(64 - int(np.log2(len(table)) + 0.5))
    found = np.zeros((axes, len(keys) + 1, 2), np.uint32)
    one_step = radix.sum()
    for axis in range(axes):
        step = axes * radix[axis] - one_step
        for point in range(len(keys)):
            found[axis, point + 1, 0] = find(keys[point] + step, table, places, shift)
            found[axis, point + 1, 1] = find(keys[point] - step, table, places, shift)
    return found


@njit(nogil=True, cache=True, fastmath=True)
def _elevate(features: np.ndarray, scales: np.ndarray, elevated: np.ndarray) -> None:
    """Bring features (n, d) to the plane whose d + 1 coordinates add up to 0: (d + 1, n or more).

    Axis by axis for all features, as in `_settle`: such loops become vectors.
    """
    count, dims = features.shape
    total = np.zeros(count, np.float32)
    for axis in range(dims, 0, -1):
        own = elevated[axis]
        for i in range(count):
            scaled = features[i, axis - 1] * scales[axis - 1]
            own[i] = total[i] - np.float32(axis) * scaled
            total[i] += scaled
    elevated[0, :count] = total


@njit(nogil=True, cache=True)
def _settle(elevated: np.ndarray, nearest: np.ndarray, rank: np.ndarray) -> None:
    """Find the nearest remainder-0 points, and the order of the axes by how far they are off it.

    Args:
        elevated: (d + 1, n); becomes how far it is off.
        nearest: (d + 1, n), gets the point, in sides of a simplex.
        rank: (d + 1, n) int32, gets the place of each axis, 0 for the farthest on.
    """
    excess = np.zeros(elevated.shape[1], np.int32)
    _round(elevated, nearest, excess)
    _rank(elevated, rank)
    _move_on(elevated, nearest, rank, excess)


@njit(nogil=True, cache=True, fastmath=True)
def _round(elevated: np.ndarray, nearest: np.ndarray, excess: np.ndarray) -> None:
    """Round every coordinate on its own; `excess` gets by how many sides their sum is off 0."""
    axes, count = elevated.shape
    side, inverse = np.float32(axes), np.float32(1) / np.float32(axes)
    for axis in range(axes):
        off, near = elevated[axis], nearest[axis]
        for i in range(count):
            near[i] = np.rint(off[i] * inverse)
            off[i] -= side * near[i]
            excess[i] += np.int32(near[i])


@njit(nogil=True, cache=True, fastmath=True)
def _rank(apart: np.ndarray, rank: np.ndarray) -> None:
    """Count the axes that are farther on than each, without a branch."""
    axes, count = apart.shape
    rank[:] = 0
    for axis in range(axes):
        own, place = apart[axis], rank[axis]
        for other in range(axes):
            off = apart[other]
            if other < axis:
                for i in range(count):
                    place[i] += np.int32(own[i] <= off[i])
            elif other > axis:
                for i in range(count):
                    place[i] += np.int32(own[i] < off[i])


@njit(nogil=True, cache=True, fastmath=True)
def _move_on(
    apart: np.ndarray, nearest: np.ndarray, rank: np.ndarray, excess: np.ndarray
) -> None:
    """Where coordinates do not add up to 0, move those on by a side that are farthest off."""
    axes, count = apart.shape
    side = np.float32(axes)
    for axis in range(axes):
        off, near, place = apart[axis], nearest[axis], rank[axis]
        for i in range(count):
            moved = place[i] + excess[i]
            on = np.int32(moved < 0) - np.int32(moved >= axes)
            place[i] = moved + np.int32(axes) * on
            near[i] += np.float32(on)
            off[i] -= side * np.float32(on)


@njit(inline="always")
def _share_out(
    apart: np.ndarray, nearest: np.ndarray, rank: np.ndarray, index: int, first: np.ndarray,
    radix: np.ndarray, share: np.ndarray, steps: np.ndarray,
) -> np.int64:
    """Give the number of the remainder-0 corner; `share` becomes the weight of every corner.

    `steps` becomes what a step adds along the axis of each rank.
    """
    axes = len(share)
    key = np.int64(0)
    share[:] = 0
    share[0] = 1
    for axis in range(axes):
        place = rank[axis, index]
        own = apart[axis, index] / np.float32(axes)
        share[axes - 1 - place] += own
        share[(axes - place) % axes] -= own
        key += (np.int64(nearest[axis, index]) * axes - first[axis]) * radix[axis]
        steps[place] = radix[axis]
    return key
