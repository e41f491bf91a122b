"""Enumeration of the lattice points around every feature with a hash table.

A point is represented by one integer: its coordinates in mixed radix.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tag2mask.crf.hash_table import EMPTY, empty_table, find, grown, put

_LEAST_BITS = 12
_BLOCK = 64
"""Number of features that are processed together."""


@njit(nogil=True, cache=True)
def place(
    features: np.ndarray, scales: np.ndarray, first: np.ndarray, radix: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Find the corners of the simplex around every feature, and its barycentric weights.

    Args:
        features: (N, d) float32.
        scales: (d,) float32, scale factors of the elevation.
        first: (d + 1,) int64, the smallest coordinate of each axis; the last is 0.
        radix: (d + 1,) int64, increment of the number per step along an axis; the last is 0.

    Returns:
        corners (N, d + 1) uint32, counted from 1; weights (N, d + 1); the numbers (M,) of the
        occupied points; and the hash table: its keys, and the index of the point of each key.
    """
    count, axes = len(features), features.shape[1] + 1
    corners = np.empty((count, axes), np.uint32)
    weights = np.empty((count, axes), np.float32)
    keys = np.empty(1 << _LEAST_BITS, np.int64)
    table, places = empty_table(_LEAST_BITS)
    met = np.int64(0)  # a literal 0 would be compiled for as a type of its own
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
    corners: np.ndarray, weights: np.ndarray, keys: np.ndarray, met: np.int64, table: np.ndarray,
    places: np.ndarray, before: tuple[np.ndarray, np.ndarray],
) -> np.int64:
    """Look up the corners of the simplices of a block, and number new points.

    This is a separate function because arrays that may be replaced by larger ones within a loop
    cost numba more time than the look-up itself.

    Args:
        settled: offsets of the features from their remainder-0 points, these points, and the ranks
            of the axes.
        first: as in `place`.
        radix: as in `place`.
        corners: (n, d + 1), output: the indices of the points.
        weights: (n, d + 1), output: the barycentric weights.
        keys: output: the numbers of new points are appended.
        met: number of points found so far.
        table: keys of the hash table, with enough capacity for all points that may be new.
        places: point indices of the keys in `table`.
        before: corners of the previous pixel; adjacent pixels often share a simplex.

    Returns:
        The number of points found so far, including the new ones.
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
            # The next corner: one step forward along all axes, and one side back along one of them.
            key += one_step - axes * steps[axes - 1 - corner]
    return met


@njit(nogil=True, cache=True)
def neighbours_of(
    keys: np.ndarray, table: np.ndarray, places: np.ndarray, radix: np.ndarray
) -> np.ndarray:
    """Look up both neighbours of every lattice point along every axis.

    Args:
        keys: (M,), the numbers of the points, as returned by `place`.
        table: keys of the hash table.
        places: point indices of the keys in `table`.
        radix: as in `place`.

    Returns:
        (d + 1, M + 1, 2) uint32, counted from 1; 0 for a missing neighbour.
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
    """Project features (n, d) onto the plane of d + 1 coordinates with sum 0: (d + 1, n or more).

    As in `_settle`, the inner loops run over all features of an axis, which can be vectorised.
    """
    count, dims = features.shape
    total = np.zeros(count, np.float32)
    for axis in range(dims, 0, -1):
        own = elevated[axis]
        for i in range(count):
            scaled = features[i, axis - 1] * scales[axis - 1]
            own[i] = total[i] - np.float32(axis) * scaled
            total[i] += scaled
    for i in range(count):
        elevated[0, i] = total[i]


@njit(nogil=True, cache=True)
def _settle(elevated: np.ndarray, nearest: np.ndarray, rank: np.ndarray) -> None:
    """Find the nearest remainder-0 points, and rank the axes by the offsets from them.

    Args:
        elevated: (d + 1, n), the elevated features; replaced by their offsets from the points.
        nearest: (d + 1, n), output: the points, in units of a side of a simplex.
        rank: (d + 1, n) int32, output: the rank of each axis, 0 for the largest offset.
    """
    excess = np.zeros(elevated.shape[1], np.int32)
    _round(elevated, nearest, excess)
    _rank(elevated, rank)
    _move_on(elevated, nearest, rank, excess)


@njit(nogil=True, cache=True, fastmath=True)
def _round(elevated: np.ndarray, nearest: np.ndarray, excess: np.ndarray) -> None:
    """Round each coordinate independently; write the deviation of their sum from 0 to `excess`."""
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
    """Compute the rank of each axis by counting the axes with larger offsets, without branches."""
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
    """Correct coordinates whose sum is not 0 by moving those with the largest error by a side."""
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
    """Return the number of the remainder-0 corner, and write the corner weights to `share`.

    The increments of the number per step along the axis of each rank are written to `steps`.
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
