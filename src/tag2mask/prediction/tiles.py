"""Score large photos in overlapping tiles, and blend the scores.

Every pixel is in one to four tiles. The weight of a tile is small at its border, where the network
has the least context, and the weights of all tiles sum to one. Bands of rows are yielded as soon as
no later tile overlaps them, so memory grows only with the width of a photo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np


def blended_bands(
    score: Callable[[slice, slice], np.ndarray], size: tuple[int, int], *, tile: int, overlap: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Score a photo tile by tile, and yield the result from top to bottom.

    Args:
        score: maps rows and columns to the scores of the tile, (K + 1, rows, columns) float32.
        size: (h, w) of the photo.
        tile: side of a tile in pixels; reduced for smaller photos.
        overlap: least overlap of neighbouring tiles in pixels; less than `tile`.

    Yields:
        the first row of a band, and its scores (K + 1, n, w), valid until the next iteration. The
        last row of a band is the first of the next, so that rows in between can be interpolated.
    """
    rows, columns = (_windows(side, tile, overlap) for side in size)
    canvas, top = np.empty((0, 0, 0), np.float32), 0
    for index, (start, down) in enumerate(rows):
        for left, across in columns:
            area = slice(start, start + len(down)), slice(left, left + len(across))
            planes = score(*area)
            if not canvas.size:
                canvas = np.zeros((len(planes), len(down) + 1, size[1]), np.float32)
            inside = canvas[:, start - top : start - top + len(down), area[1]]
            inside += planes * (down[:, None] * across)
        final = rows[index + 1][0] if index + 1 < len(rows) else size[0]
        yield top, canvas[:, : final - top]
        used = final - top - 1
        kept = canvas[:, used:].copy()
        canvas[:, : kept.shape[1]], canvas[:, kept.shape[1] :] = kept, 0
        top += used


def _windows(length: int, tile: int, overlap: int) -> list[tuple[int, np.ndarray]]:
    """Distribute tiles evenly over a side; return the start and the float32 weights of each."""
    tile = min(tile, length)
    count = -(-(length - overlap) // (tile - overlap)) if length > tile else 1
    starts = np.linspace(0, length - tile, count).round().astype(int)
    tent = np.minimum(np.arange(tile), np.arange(tile)[::-1]) + 1.0
    ramp = np.minimum(tent, overlap + 1)
    total = np.zeros(length)
    for start in starts:
        total[start : start + tile] += ramp
    return [
        (int(start), (ramp / total[start : start + tile]).astype(np.float32)) for start in starts
    ]
