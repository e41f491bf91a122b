"""Rasterise scribbles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from tag2mask.annotation.records import Scribble


def paint_scribbles(
    scribbles: Sequence[Scribble], size: tuple[int, int]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.uint8]]:
    """Rasterise strokes with round ends; later strokes cover earlier ones.

    All of them share one picture, since most of the time would otherwise go into making pictures.

    Args:
        scribbles: the strokes, in pixels of the photo.
        size: (H, W) of the photo.

    Returns:
        The pixels that are covered, (H, W), and the label of each of them, (H, W) uint8.
    """
    used = {scribble.label for scribble in scribbles}
    nothing = next(value for value in range(257) if value not in used)
    picture = Image.new("L" if nothing < 256 else "I", (size[1], size[0]), nothing)
    draw = ImageDraw.Draw(picture)
    for scribble in scribbles:
        _draw(draw, scribble, size)
    values = np.asarray(picture)
    return values != nothing, values.astype(np.uint8, copy=False)


def _draw(draw: ImageDraw.ImageDraw, scribble: Scribble, size: tuple[int, int]) -> None:
    width = min(max(1, round(scribble.width)), 2 * max(size))
    pixels = [(int(x), int(y)) for x, y in scribble.points]
    if len(pixels) > 1:
        draw.line(pixels, fill=scribble.label, width=width, joint="curve")
    radius = (width - 1) / 2
    if radius:
        for x, y in pixels:  # round ends and joints; a stroke with a single position is a dot
            box = (x - radius, y - radius, x + radius, y + radius)
            draw.ellipse(box, fill=scribble.label)
    draw.point(pixels, fill=scribble.label)  # Pillow ignores those outside
