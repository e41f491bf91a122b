"""Drawn photos from above: fields and tracks with houses, ponds and trees, at least one kind."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Bools, Floats, Labels, Size, blob, grid, noise, turned

CLASSES = ("house", "pond", "tree")
SIZE = (240, 300)
HOUSE, POND, TREE = 1, 2, 3


def draw(rng: np.random.Generator, size: Size = SIZE) -> tuple[Floats, Labels]:
    """Draw a photo (H, W, 3) and its mask."""
    height, width = size
    image, mask = _fields(rng, size), np.zeros(size, np.uint8)
    rows, columns = grid(size)
    labels = [label for label in (POND, TREE, HOUSE) if rng.random() < .5]
    for label in labels or [int(rng.integers(1, 4))]:
        for _ in range(rng.integers(1, 3) if label == POND else rng.integers(2, 8)):
            down = rows - rng.uniform(10, height - 10)
            right = columns - rng.uniform(10, width - 10)
            image, thing = {HOUSE: _house, POND: _pond, TREE: _tree}[label](
                rng, image, *turned(down, right, rng.uniform(0, np.pi)))
            mask[thing] = label
    return ndimage.gaussian_filter(image, (.6, .6, 0)) + rng.normal(0, 4, image.shape), mask


def _fields(rng: np.random.Generator, size: Size) -> Floats:
    """Draw strips of fields in different colours, and a track."""
    rows, columns = grid(size)
    along, across = turned(rows, columns, rng.uniform(0, np.pi))
    strip = np.floor(across / rng.uniform(60, 110)).astype(int)
    strip -= strip.min()
    colours = rng.uniform((90, 105, 50), (170, 150, 95), (strip.max() + 1, 3))
    furrows = 1 + .06 * np.cos(along / rng.uniform(1.5, 3)) * (strip % 2)
    image = colours[strip] * (furrows + noise(rng, size, 2, .06))[..., None]
    track = abs(across - across.mean() - 12 * np.cos(along / 60)) < 4
    return np.where(track[..., None], np.array((190, 180, 160)), image)


def _house(
    rng: np.random.Generator, image: Floats, along: Floats, across: Floats,
) -> tuple[Floats, Bools]:
    long, wide = rng.uniform(8, 16), rng.uniform(6, 10)
    roof = (abs(along) < long) & (abs(across) < wide)
    shadow = (abs(along - 4) < long) & (abs(across - 4) < wide) & ~roof
    colour = np.array(((170, 70, 55), (120, 115, 120), (150, 90, 60))[rng.integers(3)])
    side = np.where(across > 0, .82, 1.05)[..., None]
    image = np.where(shadow[..., None], image * .55, image)
    return np.where(roof[..., None], colour * side, image), roof


def _pond(
    rng: np.random.Generator, image: Floats, along: Floats, across: Floats,
) -> tuple[Floats, Bools]:
    size = along.shape[0], along.shape[1]
    water = blob(rng, along, across, long=(20, 45), wide=(14, 28), rough=(8, .18))
    colour = np.array((55, 80, 95)) * (1 + noise(rng, size, 4, .05))[..., None]
    return np.where(water[..., None], colour, image), water


def _tree(
    rng: np.random.Generator, image: Floats, along: Floats, across: Floats,
) -> tuple[Floats, Bools]:
    size = along.shape[0], along.shape[1]
    radius = rng.uniform(5, 13)
    crown = np.hypot(along, across) / radius + noise(rng, size, 2, .15) < 1
    light = 1 + .25 * (along - across) / radius + noise(rng, size, 1.2, .2)
    colour = np.array((45, 85, 40)) * light[..., None]
    shadow = (np.hypot(along - 3, across - 3) < radius) & ~crown
    image = np.where(shadow[..., None], image * .6, image)
    return np.where(crown[..., None], colour, image), crown
