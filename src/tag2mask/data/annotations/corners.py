"""Boxes with left, top, width and height in columns that are named as corners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tag2mask.data.annotations.conventions import Frame
from tag2mask.data.annotations.sheets import Shape

_MANY = 0.2
"""Share of boxes with reversed corners above which the columns are not corners."""


def is_width_and_height(rows: Sequence[Shape], frames: Sequence[Frame]) -> bool:
    """Return whether the second corners are certain to be sizes.

    Many are left of or above the first corner, which is impossible for corners, and all of them are
    inside the photo when added to the first corner.
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
    """Convert a box from width and height to corners."""
    return replace(row, xs=(row.xs[0], row.xs[0] + row.xs[1]),
                   ys=(row.ys[0], row.ys[0] + row.ys[1]))
