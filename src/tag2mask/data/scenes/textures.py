"""Textures for grounds and coats: noise, cells, waves and light."""

from __future__ import annotations

import numpy as np

from tag2mask.data.scenes.shapes import Floats

Colour = tuple[float, float, float]


def noise(rng: np.random.Generator, size: tuple[int, int], cell: float) -> Floats:
    """Return (H, W) smooth value noise in [0, 1] with lumps of about `cell` pixels."""
    y, x = pixels(size)
    y, x = y / cell, x / cell
    lattice = rng.random((int(y[-1, 0]) + 2, int(x[0, -1]) + 2))
    row, column = y.astype(np.int64), x.astype(np.int64)
    fy, fx = _eased(y - row), _eased(x - column)
    top = lattice[row, column] * (1 - fx) + lattice[row, column + 1] * fx
    bottom = lattice[row + 1, column] * (1 - fx) + lattice[row + 1, column + 1] * fx
    return np.asarray(top * (1 - fy) + bottom * fy)


def cells(rng: np.random.Generator, size: tuple[int, int], cell: float) -> tuple[Floats, Floats]:
    """Return Worley cells: the distance to the border of each cell, and a random number per cell.

    The distance is the gap between the two nearest seeds, about 0 at borders, in cell sides; the
    number is in [0, 1]. Both are (H, W).
    """
    y, x = (axis / cell + 1.0 for axis in pixels(size))
    shape = (int(y[-1, 0]) + 3, int(x[0, -1]) + 3)
    seed_y, seed_x, number = (rng.random(shape) for _ in range(3))
    first, second = np.full(size, np.inf), np.full(size, np.inf)
    own = np.zeros(size)
    for step_y in (-1, 0, 1):
        for step_x in (-1, 0, 1):
            row, column = y.astype(np.int64) + step_y, x.astype(np.int64) + step_x
            gap_y = row + seed_y[row, column] - y
            gap_x = column + seed_x[row, column] - x
            gap = np.sqrt(gap_y * gap_y + gap_x * gap_x)
            own = np.where(gap < first, number[row, column], own)
            second = np.minimum(second, np.maximum(first, gap))
            first = np.minimum(first, gap)
    return second - first, own


def wave(phase: Floats) -> Floats:
    """Return a smooth wave of period 1 in [0, 1], 0 at whole phases, without calling a sine."""
    return _eased(1.0 - np.abs(2.0 * (phase - np.floor(phase)) - 1.0))


def mix(first: Colour | Floats, second: Colour | Floats, share: Floats) -> Floats:
    """Interpolate colours, (H, W, 3): `first` where `share` (H, W) is 0, `second` where it is 1."""
    weight = share[..., None]
    return np.asarray(np.asarray(first) * (1.0 - weight) + np.asarray(second) * weight)


def shaded(paint: Colour | Floats, distance: Floats, height: Floats) -> Floats:
    """Return `paint` lit from above and darker towards the outline, (h, w, 3).

    Args:
        paint: one colour, or (h, w, 3).
        distance: (h, w), distance to the outline in units, negative inside.
        height: (h, w), about -1 at the foot and 1 at the top.
    """
    rim = np.clip(-distance / 2.2, 0.0, 1.0)
    light = (0.62 + 0.38 * rim) * (0.96 + 0.2 * np.clip(height, -1.0, 1.3))
    return np.asarray(np.clip(np.asarray(paint) * light[..., None], 0.0, 255.0))


def pixels(size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return the row (H, 1) and the column (1, W) of every pixel."""
    rows = np.arange(size[0], dtype=np.float64)[:, None]
    return rows, np.arange(size[1], dtype=np.float64)[None, :]


def _eased(t: Floats) -> Floats:
    return np.asarray(t * t * (3.0 - 2.0 * t))
