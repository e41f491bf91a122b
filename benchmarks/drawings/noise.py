"""What the drawn sets share: coordinates and smooth noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Labels = NDArray[np.uint8]
Size = tuple[int, int]
Draw = Callable[[np.random.Generator], tuple[Floats, Labels]]
"""Draws a photo (H, W) or (H, W, 3) with values from 0 to 255, and its mask (H, W)."""


def noise(rng: np.random.Generator, size: Size, width: float, strength: float) -> Floats:
    """Return noise (H, W), smoothed by `width` pixels, with the standard deviation `strength`."""
    values = ndimage.gaussian_filter(rng.normal(size=size), width)
    return np.asarray(strength * values / values.std())


def grid(size: Size) -> tuple[Floats, Floats]:
    """Return the row and the column of every pixel."""
    rows, columns = np.mgrid[:size[0], :size[1]].astype(float)
    return rows, columns


def turned(down: Floats, right: Floats, angle: float) -> tuple[Floats, Floats]:
    """Return coordinates along and across a direction, in radians from the rows."""
    return (np.cos(angle) * right + np.sin(angle) * down,
            -np.sin(angle) * right + np.cos(angle) * down)


def blob(
    rng: np.random.Generator, along: Floats, across: Floats, *, long: tuple[float, float],
    wide: tuple[float, float], rough: tuple[float, float],
) -> Bools:
    """Return the inside of an ellipse with a rough edge, around the origin of the coordinates.

    Args:
        rng: draws it.
        along: coordinates (H, W) along the ellipse.
        across: those across it.
        long: range of its radius along.
        wide: range of its radius across.
        rough: width and strength of the noise that is added to the distance from the middle.
    """
    distance = np.hypot(along / rng.uniform(*long), across / rng.uniform(*wide))
    return distance + noise(rng, (along.shape[0], along.shape[1]), *rough) < 1
