"""Rasterise scribbles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from tag2mask.annotation.records import Scribble


def paint_scribble(scribble: Scribble, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return the pixels covered by a stroke with round ends, (H, W).

    Args:
        scribble: the stroke, in pixels of the photo.
        size: (H, W) of the photo.
    """
    picture = Image.new("1", (size[1], size[0]))
    draw = ImageDraw.Draw(picture)
    width = min(max(1, round(scribble.width)), 2 * max(size))
    pixels = [(int(x), int(y)) for x, y in scribble.points]
    if len(pixels) > 1:
        draw.line(pixels, fill=1, width=width, joint="curve")
    radius = (width - 1) / 2
    for x, y in pixels:  # round ends and joints; a stroke with a single position is a dot
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
        if 0 <= x < size[1] and 0 <= y < size[0]:
            draw.point((x, y), fill=1)
    return np.array(picture)
