"""A hash table from integer keys to numbers, with open addressing, for compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit

EMPTY = -1
"""The key of a free slot."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Multiplier of Fibonacci hashing: 2^64 divided by the golden ratio."""


@njit(nogil=True, cache=True)
def empty_table(bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Return free keys and their numbers, 2^bits of each."""
    return np.full(1 << bits, EMPTY, np.int64), np.zeros(1 << bits, np.int32)


@njit(nogil=True, cache=True)
def grown(keys: np.ndarray, met: np.int64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return copies of keys, table and places with twice the capacity and the known points."""
    bits = int(np.log2(len(keys)) + 0.5) + 1
    larger = np.empty(1 << bits, np.int64)
    table, places = empty_table(bits)
    for known in range(met):
        larger[known] = keys[known]  # numba takes 3 s to compile the copy of a slice
        put(keys[known], np.int32(known + 1), table, places, np.uint64(64 - bits))
    return larger, table, places


@njit(nogil=True, cache=True, inline="always")
def _slot(key: np.int64, shift: np.uint64) -> np.int64:
    return np.int64((np.uint64(key) * _GOLDEN) >> shift)


@njit(nogil=True, cache=True)
def find(
    key: np.int64, table: np.ndarray, places: np.ndarray, shift: np.uint64
) -> np.int32:
    """Return the number stored for `key`, or 0."""
    mask = len(table) - 1
    slot = _slot(key, shift)
    while table[slot] != EMPTY:
        if table[slot] == key:
            return np.int32(places[slot])
        slot = (slot + 1) & mask
    return np.int32(0)


@njit(nogil=True, cache=True)
def put(
    key: np.int64, place: np.int32, table: np.ndarray, places: np.ndarray, shift: np.uint64
) -> None:
    """Store the number `place` for a new key."""
    mask = len(table) - 1
    slot = _slot(key, shift)
    while table[slot] != EMPTY:
        slot = (slot + 1) & mask
    table[slot], places[slot] = key, place
