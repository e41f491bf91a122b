"""The connected part of a mask around a pixel."""

from __future__ import annotations

import numpy as np
from numba import njit


def connected_part(mask: np.ndarray, y: int, x: int) -> np.ndarray:
    """Find the 4-connected part of a mask that contains a pixel.

    Args:
        mask: (H, W) bool.
        y: row of the pixel.
        x: column of the pixel.

    Returns:
        (H, W) bool; empty if the pixel is outside the mask.
    """
    return np.asarray(_flood(np.asarray(mask, np.bool_), y, x))


@njit(nogil=True, cache=True)
def _flood(mask: np.ndarray, y: int, x: int) -> np.ndarray:
    height, width = mask.shape
    found = np.zeros((height, width), np.bool_)
    waiting = np.empty(height * width, np.int64)
    number = 0
    if mask[y, x]:
        found[y, x] = True
        waiting[0], number = y * width + x, 1
    while number:
        number -= 1
        row, column = waiting[number] // width, waiting[number] % width
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            v, u = row + down, column + right
            if 0 <= v < height and 0 <= u < width and mask[v, u] and not found[v, u]:
                found[v, u] = True
                waiting[number] = v * width + u
                number += 1
    return found
