"""How a sign's face, a square picture, looks in a photo from aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from drawings.noise import Floats, Size

SAMPLES = 3
"""Along each side of a pixel."""


@dataclass(frozen=True)
class View:
    """Where and how a face is seen.

    `column`, `row` and `half`, half of its side, are in pixels; `angle` in radians; `narrow` is
    its width as a share of its height; `across` and `down` say how much further away the right
    and the lower side are.
    """

    column: float
    row: float
    half: float
    angle: float
    narrow: float
    across: float
    down: float

    def corners(self) -> Floats:
        """Return the columns and rows of a face's corners (4, 2), clockwise."""
        square = _SQUARE * (self.narrow, 1)
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        turned = square @ np.array(((cosine, sine), (-sine, cosine)))
        nearness = 1 / (1 + self.across * square[:, 0] + self.down * square[:, 1])
        return np.asarray(turned * nearness[:, None] * self.half + (self.column, self.row))


_SQUARE = np.array(((-1, -1), (1, -1), (1, 1), (-1, 1)), float)


def seen(face: Image.Image, view: View, size: Size) -> tuple[Floats, Floats]:
    """Return how much of every pixel (H, W) a face covers, 0 to 1, and its colours (H, W, 3)."""
    corners, colours = view.corners(), np.zeros((*size, 4))
    left, top = np.maximum(0, corners.min(0).astype(int) - 2)
    right, bottom = np.minimum(size[::-1], corners.max(0).astype(int) + 3)
    if bottom > top and right > left:
        rows, columns = (
            (axis + .5) / SAMPLES - .5
            for axis in np.mgrid[top * SAMPLES:bottom * SAMPLES, left * SAMPLES:right * SAMPLES])
        places = _places(corners, rows, columns, face.width)
        # Colours count by their opacity, or what is transparent would darken the edges.
        pixels = np.asarray(face, float).copy()
        pixels[..., :3] *= pixels[..., 3:] / 255
        for channel in range(4):
            samples = ndimage.map_coordinates(
                pixels[..., channel], places, order=1, mode="constant")
            colours[top:bottom, left:right, channel] = samples.reshape(
                bottom - top, SAMPLES, right - left, SAMPLES).mean((1, 3))
    cover = colours[..., 3] / 255
    return cover, colours[..., :3] / np.maximum(cover, 1e-3)[..., None]


def _places(corners: Floats, rows: Floats, columns: Floats, side: int) -> tuple[Floats, Floats]:
    """Return the rows and columns of a face that are seen at places of the photo."""
    equations, values = [], []
    for (column, row), (x, y) in zip(corners, (_SQUARE + 1) * side / 2, strict=True):
        equations += [[column, row, 1, 0, 0, 0, -x * column, -x * row],
                      [0, 0, 0, column, row, 1, -y * column, -y * row]]
        values += [x, y]
    found = np.linalg.solve(np.array(equations), np.array(values))
    scale = found[6] * columns + found[7] * rows + 1
    return ((found[3] * columns + found[4] * rows + found[5]) / scale - .5,
            (found[0] * columns + found[1] * rows + found[2]) / scale - .5)
