"""Signed distances to simple shapes, from which all outlines of the scenes are drawn.

A distance is negative inside and positive outside, so that one number per pixel yields both the
exact mask (`distance < 0`) and a smooth edge (`coverage`). The formulas are the usual ones of
distance-field drawing (Quilez, "2D distance functions"). Only `+ - * /`, square roots and
comparisons are applied to arrays, and sines are rounded (`turned`): these are bit-identical on
every machine, unlike library sines and exponentials.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Point = tuple[float, float]

TINY = 1e-6
"""Offset that keeps the centre of an ellipse, where the formula is 0 / 0, at its depth."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """An object's own coordinate system, sampled at pixels.

    `u` points forwards and `v` up, both (h, w) in units of the object; `pixel` is the number of
    pixels in one unit.
    """

    u: Floats
    v: Floats
    pixel: float


def frame(*, reach: Point, pixel: float, tilt: float, mirror: bool) -> Frame:
    """Sample an object's coordinate system on a window around its origin.

    Args:
        reach: half the window's height and width in units; nothing beyond is drawn.
        pixel: number of pixels in one unit.
        tilt: rotation in radians, positive lifts the front.
        mirror: whether the object faces left.
    """
    y, x = (np.arange(-n, n + 1, dtype=np.float64) / pixel
            for n in (math.ceil(side * pixel) for side in reach))  # fmt: skip
    y, x = -y[:, None], (-x if mirror else x)[None, :]
    cos, sin = turned(tilt)
    return Frame(u=x * cos + y * sin, v=y * cos - x * sin, pixel=pixel)


def turned(angle: float) -> Point:
    """Return cosine and sine of `angle` in radians, rounded to be identical on every machine."""
    return round(math.cos(angle), 6), round(math.sin(angle), 6)


def ellipse(at: Frame, centre: Point, half_axes: Point) -> Floats:
    """Return the (first-order) distance to an upright ellipse, in units."""
    u, v = (at.u - centre[0]) / half_axes[0], (at.v - centre[1]) / half_axes[1]
    length = np.maximum(np.sqrt(u * u + v * v), TINY)
    slope = np.sqrt((u / half_axes[0]) ** 2 + (v / half_axes[1]) ** 2)
    return np.asarray(length * (length - 1.0) / np.maximum(slope, TINY / min(half_axes)))


def circle(at: Frame, centre: Point, radius: float) -> Floats:
    """Return the distance to a circle, in units."""
    u, v = at.u - centre[0], at.v - centre[1]
    return np.asarray(np.sqrt(u * u + v * v) - radius)


def rope(at: Frame, points: Sequence[Point], radius: float) -> tuple[Floats, Floats]:
    """Return the distance to a rope through `points`, and the position of each pixel along it.

    Both are (h, w) in units; the second is measured from the first point.
    """
    nearest = np.full(at.u.shape, np.inf)
    along = np.zeros(at.u.shape)
    start = 0.0
    for (u0, v0), (u1, v1) in pairwise(points):
        du, dv = u1 - u0, v1 - v0
        length = math.sqrt(du * du + dv * dv)
        t = np.clip(((at.u - u0) * du + (at.v - v0) * dv) / (length * length), 0.0, 1.0)
        gap_u, gap_v = at.u - u0 - t * du, at.v - v0 - t * dv
        gap = np.sqrt(gap_u * gap_u + gap_v * gap_v)
        along = np.where(gap < nearest, start + t * length, along)
        nearest = np.minimum(nearest, gap)
        start += length
    return nearest - radius, along


def melt(first: Floats, second: Floats, *, reach: float) -> Floats:
    """Join two shapes, rounding the crease between them over `reach` units."""
    blend = np.maximum(reach - np.abs(first - second), 0.0) / reach
    return np.asarray(np.minimum(first, second) - blend * blend * reach / 4.0)


def coverage(distance: Floats, pixel: float) -> Floats:
    """Return the share of each pixel inside the shape, in [0, 1]."""
    return np.asarray(np.clip(0.5 - distance * pixel, 0.0, 1.0))
