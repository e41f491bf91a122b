"""Drawn photos as through a microscope: round cells, rods and grains, and debris of no class."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Bools, Floats, Labels, Size, grid, noise, turned

CLASSES = ("round", "rod", "grains")
SIZE = (200, 260)


def draw(rng: np.random.Generator, size: Size = SIZE) -> tuple[Floats, Labels]:
    """Draw a grey photo (H, W) and its mask."""
    height, width = size
    image = 110 + noise(rng, size, 20, 12) + noise(rng, size, 1, 5)
    mask = np.zeros(size, np.uint8)
    shapes = {0: _debris, 1: _round, 2: _rod, 3: _grains}
    for label in [*(label for label in (1, 2, 3) if rng.random() < .45), 0, 0]:
        for _ in range(rng.integers(1, 5)):
            down, right = grid(size)
            down -= rng.uniform(10, height - 10)
            right -= rng.uniform(10, width - 10)
            change, body = shapes[label](rng, down, right, rng.uniform(0, np.pi))
            image += change
            mask[body] = label
    return ndimage.gaussian_filter(image, .8) + rng.normal(0, 6, size), mask


def _round(
    rng: np.random.Generator, down: Floats, right: Floats, angle: float,
) -> tuple[Floats, Bools]:
    """A bright cell with a dark nucleus and a brighter edge."""
    along, across = turned(down, right, angle)
    radius = rng.uniform(12, 24)
    distance = np.hypot(along, across * rng.uniform(.9, 1.1)) / radius
    edge = 30 * np.exp(-((distance - 1) / .08) ** 2)
    return np.where(distance < 1, 35 - 60 * (distance < .4), 0) + edge, distance < 1


def _rod(
    rng: np.random.Generator, down: Floats, right: Floats, angle: float,
) -> tuple[Floats, Bools]:
    along, across = turned(down, right, angle)
    length, radius = rng.uniform(18, 34), rng.uniform(4, 7)
    body = np.hypot(np.maximum(abs(along) - length + radius, 0), across) < radius
    return np.where(body, -45.0, 0.0), body


def _grains(
    rng: np.random.Generator, down: Floats, right: Floats, _: float,
) -> tuple[Floats, Bools]:
    body = np.zeros(down.shape, bool)
    for _number in range(rng.integers(8, 18)):
        centre = rng.normal(0, 8), rng.normal(0, 8)
        body |= np.hypot(down - centre[0], right - centre[1]) < rng.uniform(2.5, 4.5)
    return np.where(body, 55.0, 0.0), body


def _debris(
    _: np.random.Generator, down: Floats, right: Floats, angle: float,
) -> tuple[Floats, Bools]:
    """A faint speck, which is background."""
    along, across = turned(down, right, angle)
    return np.where(np.hypot(along / 9, across / 3) < 1, -14.0, 0.0), np.zeros(down.shape, bool)
