"""The compiled position kernel: a Gaussian along columns and rows, its sums in registers.

A row holds the planes of its pixels side by side, so neighbours lie as many numbers apart as there
are planes, and vectors may begin anywhere.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tag2mask.crf.rows import load_at, plus, store_at, times

_SIXTEEN, _THIRTY_TWO = (0,) * 16, (0,) * 32
"""As many numbers as are summed at a time: what the registers of any processor hold."""
_ONE = np.float32(1)
TOGETHER = 4
"""Rows that are blurred together."""
BELOW = TOGETHER - 1
"""Rows of zeros that this takes below the photo, besides those that the Gaussian reaches."""


@njit(nogil=True, cache=True)
def whole_kernel(taps: np.ndarray) -> np.ndarray:
    """Give both halves of a Gaussian, of which `taps` is one, with `BELOW` zeros at either end."""
    reach = len(taps) - 1
    kernel = np.zeros(2 * (reach + BELOW) + 1, np.float32)
    kernel[BELOW + reach : len(kernel) - BELOW] = taps
    kernel[BELOW : BELOW + reach] = taps[:0:-1]
    return kernel


@njit(nogil=True, cache=True, fastmath=True)
def blur_down(
    rows: np.ndarray, y: int, start: int, kernel: np.ndarray, columns: np.ndarray, at: int,
    length: int,
) -> None:
    """Sum a Gaussian along the columns for `TOGETHER` rows from `y` on.

    Rows side by side share nearly all of what they sum, which is loaded once for all of them.

    Args:
        rows: (H + 2 * reach + BELOW, W * planes), with margins of zeros as wide as the Gaussian
            reaches, and `BELOW` rows more.
        y: the first row.
        start: where in it the sums begin.
        kernel: from `whole_kernel`.
        columns: (TOGETHER, N), gets the sums.
        at: where in a row of `columns` they begin.
        length: how many there are.
    """
    flat, side, taps = rows.reshape(-1), rows.shape[1], len(kernel) - BELOW
    whole = length - length % len(_SIXTEEN)
    for i in range(0, whole, len(_SIXTEEN)):
        place = y * side + start + i
        value = load_at(flat, place, _SIXTEEN)
        a, b = times(value, kernel[3]), times(value, kernel[2])
        c, d = times(value, kernel[1]), times(value, kernel[0])
        for tap in range(1, taps):
            value = load_at(flat, place + tap * side, _SIXTEEN)
            a, b = plus(a, value, kernel[tap + 3]), plus(b, value, kernel[tap + 2])
            c, d = plus(c, value, kernel[tap + 1]), plus(d, value, kernel[tap])
        store_at(columns[0], at + i, _SIXTEEN, a)
        store_at(columns[1], at + i, _SIXTEEN, b)
        store_at(columns[2], at + i, _SIXTEEN, c)
        store_at(columns[3], at + i, _SIXTEEN, d)
    for row in range(TOGETHER):
        for i in range(whole, length):
            total = np.float32(0)
            for tap in range(taps):
                total += kernel[tap + BELOW - row] * rows[y + tap, start + i]
            columns[row, at + i] = total


@njit(nogil=True, cache=True, fastmath=True)
def blur_along(column: np.ndarray, taps: np.ndarray, result: np.ndarray, planes: int) -> None:
    """Sum a Gaussian along a row.

    Args:
        column: (N + 2 * reach * planes,).
        taps: half of the Gaussian.
        result: (N,).
        planes: how far apart neighbours are.
    """
    reach = len(taps) - 1
    whole = len(result) - len(result) % len(_THIRTY_TWO)
    for i in range(0, whole, len(_THIRTY_TWO)):
        own = i + reach * planes
        total = times(load_at(column, own, _THIRTY_TWO), taps[0])
        for tap in range(1, reach + 1):
            left = load_at(column, own - tap * planes, _THIRTY_TWO)
            right = load_at(column, own + tap * planes, _THIRTY_TWO)
            total = plus(total, plus(left, right, _ONE), taps[tap])
        store_at(result, i, _THIRTY_TWO, total)
    for i in range(whole, len(result)):
        own = i + reach * planes
        rest = taps[0] * column[own]
        for tap in range(1, reach + 1):
            rest += taps[tap] * (column[own - tap * planes] + column[own + tap * planes])
        result[i] = rest
