"""Lattice points: found for every feature, numbered, and looked up.

A point is one whole number, its coordinates in mixed radix, in a hash table with open addresses.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_EMPTY = -1
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LEAST_BITS = 12


@njit(nogil=True, cache=True)
def place(
    features: np.ndarray, scales: np.ndarray, first: np.ndarray, radix: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Find the corners of the simplex that every feature lies in, and its share of each.

    Args:
        features: (N, d) float32.
        scales: (d,) float32, that they are elevated by.
        first: (d + 1,) int64, the smallest coordinate of each axis; the last is 0.
        radix: (d + 1,) int64, what a step along an axis adds to a number; the last is 0.

    Returns:
        corners (N, d + 1) uint32 from 1 on, weights (N, d + 1), the numbers (M,) of the points that
        were met, and the table they are in: its keys, and which point each is.
    """
    count, dims = features.shape
    corners = np.empty((count, dims + 1), np.uint32)
    weights = np.empty((count, dims + 1), np.float32)
    keys = np.empty(1 << _LEAST_BITS, np.int64)
    table, places = _empty_table(_LEAST_BITS)
    shift = np.uint64(64 - _LEAST_BITS)
    met = 0
    one_step = radix.sum()
    elevated, share = np.empty(dims + 1, np.float32), np.empty(dims + 2, np.float32)
    nearest, rank = np.empty(dims + 1, np.int64), np.empty(dims + 1, np.int64)
    by_rank, before = np.empty(dims + 1, np.int64), np.full(dims + 1, np.int64(_EMPTY))
    place_before = np.zeros(dims + 1, np.int32)
    for index in range(count):
        _elevate(features, index, scales, elevated)
        _settle(elevated, nearest, rank)
        key = _share_out(elevated, nearest, rank, first, radix, share, by_rank)
        for corner in range(dims + 1):
            if key != before[corner]:  # pixels side by side often lie in the same simplex
                found = find(key, table, places, shift)
                if found == 0:
                    if 2 * met >= len(table):
                        keys, table, places = _grown(keys, met)
                        shift -= np.uint64(1)
                    keys[met] = key
                    met += 1
                    found = np.int32(met)
                    _put(key, found, table, places, shift)
                before[corner], place_before[corner] = key, found
            corners[index, corner] = place_before[corner]
            weights[index, corner] = share[corner]
            # The next corner: one step on along all axes, and a side back along one of them.
            key += one_step - (dims + 1) * by_rank[dims - corner]
    return corners, weights, keys[:met].copy(), table, places


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


@njit(inline="always")
def _elevate(
    features: np.ndarray, index: int, scales: np.ndarray, elevated: np.ndarray
) -> None:
    """Bring a feature to the plane whose d + 1 coordinates add up to 0."""
    total = np.float32(0)
    for axis in range(features.shape[1], 0, -1):
        scaled = features[index, axis - 1] * scales[axis - 1]
        elevated[axis] = total - np.float32(axis) * scaled
        total += scaled
    elevated[0] = total


@njit(inline="always")
def _settle(elevated: np.ndarray, nearest: np.ndarray, rank: np.ndarray) -> None:
    """Find the nearest remainder-0 point, and the order of the axes by how far they are off it.

    Where the rounded coordinates do not add up to 0, the axes that are farthest off move on by one.
    """
    dims = len(elevated) - 1
    side, excess = np.float32(dims + 1), np.int64(0)
    for axis in range(dims + 1):
        rounded = np.int64(np.rint(elevated[axis] / side))
        nearest[axis] = rounded * (dims + 1)
        excess += rounded
        rank[axis] = 0
    for axis in range(dims):
        own = elevated[axis] - np.float32(nearest[axis])
        for other in range(axis + 1, dims + 1):
            # Without a branch, which would be a coin toss to the processor.
            behind = np.int64(own < elevated[other] - np.float32(nearest[other]))
            rank[axis] += behind
            rank[other] += 1 - behind
    for axis in range(dims + 1):
        rank[axis] += excess
        if rank[axis] < 0:
            rank[axis] += dims + 1
            nearest[axis] += dims + 1
        elif rank[axis] > dims:
            rank[axis] -= dims + 1
            nearest[axis] -= dims + 1


@njit(inline="always")
def _share_out(
    elevated: np.ndarray, nearest: np.ndarray, rank: np.ndarray, first: np.ndarray,
    radix: np.ndarray, share: np.ndarray, by_rank: np.ndarray,
) -> np.int64:
    """Give the number of the remainder-0 corner; `share` becomes the weight of every corner.

    `by_rank` becomes what a step adds along the axis of each rank.
    """
    dims = len(elevated) - 1
    share[:] = 0
    key = np.int64(0)
    for axis in range(dims + 1):
        apart = (elevated[axis] - np.float32(nearest[axis])) / np.float32(dims + 1)
        share[dims - rank[axis]] += apart
        share[dims + 1 - rank[axis]] -= apart
        key += (nearest[axis] - first[axis]) * radix[axis]
        by_rank[rank[axis]] = radix[axis]
    share[0] += np.float32(1) + share[dims + 1]
    return key


@njit(nogil=True, cache=True)
def _empty_table(bits: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(1 << bits, _EMPTY, np.int64), np.zeros(1 << bits, np.int32)


@njit(nogil=True, cache=True)
def _grown(keys: np.ndarray, met: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give room for twice as many points, those that were met in it."""
    bits = int(np.log2(len(keys)) + 0.5) + 1
    larger = np.empty(1 << bits, np.int64)
    larger[:met] = keys[:met]
    table, places = _empty_table(bits)
    for known in range(met):
        _put(keys[known], np.int32(known + 1), table, places, np.uint64(64 - bits))
    return larger, table, places


@njit(nogil=True, cache=True, inline="always")
def _slot(key: np.int64, shift: np.uint64) -> np.int64:
    return np.int64((np.uint64(key) * _GOLDEN) >> shift)


@njit(nogil=True, cache=True)
def find(
    key: np.int64, table: np.ndarray, places: np.ndarray, shift: np.uint64
) -> np.int32:
    """Return the number of a lattice point, or 0."""
    mask = len(table) - 1
    slot = _slot(key, shift)
    while table[slot] != _EMPTY:
        if table[slot] == key:
            return np.int32(places[slot])
        slot = (slot + 1) & mask
    return np.int32(0)


@njit(nogil=True, cache=True)
def _put(
    key: np.int64, place: np.int32, table: np.ndarray, places: np.ndarray, shift: np.uint64
) -> None:
    mask = len(table) - 1
    slot = _slot(key, shift)
    while table[slot] != _EMPTY:
        slot = (slot + 1) & mask
    table[slot], places[slot] = key, place
