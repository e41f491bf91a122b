"""Boxes written as left, top, width and height under the names of corners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tag2mask.data.annotations.conventions import Frame
from tag2mask.data.annotations.sheets import Shape

_MANY = 0.2
"""Share of boxes whose second corner is left of or above the first from which on it is none."""


def is_width_and_height(rows: Sequence[Shape], frames: Sequence[Frame]) -> bool:
    """Say whether the second corners are surely sizes.

    Many are left of or above the first corner, which corners never are, and added to it all of them
    lie on the photo.
    """
    boxes = [(row, frame) for row, frame in zip(rows, frames, strict=True) if row.kind == "box"]
    crossed = sum(row.xs[1] < row.xs[0] or row.ys[1] < row.ys[0] for row, _ in boxes)
    if crossed < 2 or crossed <= _MANY * len(boxes):
        return False
    return all(
        row.xs[0] + row.xs[1] <= frame.width and row.ys[0] + row.ys[1] <= frame.height
        and row.xs[1] > 0 and row.ys[1] > 0
        for row, frame in boxes
    )


def from_width_and_height(row: Shape) -> Shape:
    """Return a box by its corners."""
    return replace(row, xs=(row.xs[0], row.xs[0] + row.xs[1]),
                   ys=(row.ys[0], row.ys[0] + row.ys[1]))
