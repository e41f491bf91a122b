"""The compiled position kernel: a separable Gaussian filter whose sums are kept in registers.

A row stores the planes of each pixel next to each other, so the distance between neighbours is the
number of planes, and vectors may begin at any offset.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tag2mask.crf.rows import load_at, plus, store_at, times

_SIXTEEN, _THIRTY_TWO = (0,) * 16, (0,) * 32
"""Tuples whose lengths are the numbers of values that are summed at a time, chosen to fit into the
registers of any processor."""
_ONE = np.float32(1)
TOGETHER = 4
"""Number of rows that are blurred together."""
BELOW = TOGETHER - 1
"""Number of additional rows of zeros needed below the photo and the margin of the Gaussian."""


@njit(nogil=True, cache=True)
def whole_kernel(taps: np.ndarray) -> np.ndarray:
    """Return the full Gaussian from its half `taps`, with `BELOW` zeros at both ends."""
    reach = len(taps) - 1
    kernel = np.zeros(2 * (reach + BELOW) + 1, np.float32)
    for place in range(reach + 1):
        kernel[BELOW + reach - place] = kernel[BELOW + reach + place] = taps[place]
    return kernel


# Without inlining, the process that compiles a caller uses this function as it is compiled alone,
# and those that load the caller from the cache use the caller's copy, which rounds differently.
@njit(nogil=True, cache=True, fastmath=True, forceinline=True)
def blur_down(
    rows: np.ndarray, y: int, start: int, kernel: np.ndarray, columns: np.ndarray, at: int,
    length: int,
) -> None:
    """Filter along the columns for `TOGETHER` rows, starting at row `y`.

    Adjacent rows have most of their inputs in common, which are loaded once for all of them.

    Args:
        rows: (H + 2 * reach + BELOW, W * planes), with margins of `reach` rows of zeros above and
            below, and `BELOW` additional rows.
        y: the first row.
        start: offset in the row at which the input begins.
        kernel: from `whole_kernel`.
        columns: (TOGETHER, N), output: the sums.
        at: offset in a row of `columns` at which the output begins.
        length: number of values.
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
    """Filter along a row.

    Args:
        column: (N + 2 * reach * planes,), the input with margins.
        taps: half of the Gaussian.
        result: (N,), output: the sums.
        planes: number of values between neighbouring pixels.
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
