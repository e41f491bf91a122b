"""Pairs of nearby cells, and the cells on the paths between them, as in IRNet."""

from __future__ import annotations

from functools import cache

Offset = tuple[int, int]


@cache
def half_disc(radius: int) -> tuple[Offset, ...]:
    """List the offsets (dy, dx) to the cells in half a disc of `radius`, so each pair occurs once.

    Ahn et al., "Weakly Supervised Learning of Instance Segmentation with Inter-pixel Relations"
    (CVPR 2019), section 4.2.
    """
    reach = range(1 - radius, radius)
    return tuple(
        (dy, dx) for dy in range(radius) for dx in reach
        if (dy, dx) > (0, 0) and dy * dy + dx * dx < radius * radius
    )


@cache
def between(offset: Offset) -> tuple[Offset, ...]:
    """List the cells on the path to `offset`, with both ends: those within one cell of the line.

    Args:
        offset: (dy, dx), not (0, 0).
    """
    dy, dx = offset
    rows, columns = range(min(0, dy), max(0, dy) + 1), range(min(0, dx), max(0, dx) + 1)
    length = dy * dy + dx * dx
    return tuple(
        (y, x) for y in rows for x in columns if (dy * x - dx * y) ** 2 < length
    )
