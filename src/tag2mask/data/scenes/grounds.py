"""Draw the grounds beneath the creatures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tag2mask.data.scenes.shapes import Floats
from tag2mask.data.scenes.textures import cells, mix, noise, pixels, wave


def meadow(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Return a picture of grass (H, W, 3): leaning blades over light and shade."""
    y, x = pixels(size)
    lean = 6.0 * noise(rng, size, 30.0)
    blades = wave(x / 5.0 + y / 23.0 + lean) * noise(rng, size, 3.0)
    ground = mix((58, 92, 44), (104, 138, 66), noise(rng, size, 34.0))
    return mix(ground, (146, 172, 92), 0.75 * blades)


def sand(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Return a picture of sand (H, W, 3): wind ripples and grains."""
    y, x = pixels(size)
    ripples = wave(y / 9.0 + x / 60.0 + 3.0 * noise(rng, size, 48.0))
    ground = mix((188, 162, 118), (226, 204, 162), 0.65 * ripples + 0.35 * noise(rng, size, 40.0))
    return ground * (0.9 + 0.2 * rng.random(size))[..., None]


def pebbles(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Return a picture of grey pebbles with dark gaps (H, W, 3)."""
    border, own = cells(rng, size, 15.0)
    stones = mix((108, 110, 114), (178, 174, 166), own)
    stones = stones * (0.86 + 0.22 * noise(rng, size, 4.0))[..., None]
    return mix((58, 58, 60), stones, np.clip(border * 3.2, 0.0, 1.0))


def leaves(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Return a picture of a forest floor (H, W, 3): overlapping brown leaves."""
    border, own = cells(rng, size, 10.0)
    floor = mix((92, 66, 44), (160, 116, 70), own)
    floor = mix(floor, (72, 84, 48), 0.6 * np.clip(2.0 * noise(rng, size, 26.0) - 1.0, 0.0, 1.0))
    return floor * (0.72 + 0.3 * np.clip(border * 2.5, 0.0, 1.0))[..., None]


def water(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Return a picture of shallow water (H, W, 3): a net of light over blue."""
    border, _ = cells(rng, size, 19.0)
    deep = mix((38, 92, 128), (70, 140, 166), noise(rng, size, 44.0))
    net = np.clip(1.0 - border * 4.0, 0.0, 1.0)
    return mix(deep, (178, 218, 222), 0.8 * net * noise(rng, size, 12.0))


Ground = Callable[[np.random.Generator, tuple[int, int]], Floats]

GROUNDS: dict[str, Ground] = {
    "meadow": meadow, "sand": sand, "pebbles": pebbles, "leaves": leaves, "water": water,
}  # fmt: skip
"""All grounds by name: functions of a generator and (H, W) that return (H, W, 3) in [0, 255]."""
