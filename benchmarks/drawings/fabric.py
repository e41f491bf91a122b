"""Drawn photos of woven fabric, faultless or with holes, stains or pulled threads."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Bools, Floats, Labels, Size, blob, grid, noise, turned

CLASSES = ("hole", "stain", "thread")
SIZE = (224, 272)


def draw(rng: np.random.Generator, size: Size = SIZE) -> tuple[Floats, Labels]:
    """Draw a photo (H, W, 3) and its mask."""
    height, width = size
    rows, columns = grid(size)
    along, across = turned(rows, columns, rng.uniform(-.1, .1))
    step = rng.uniform(2.5, 4)
    weave = np.cos(along * np.pi / step) * np.cos(across * np.pi / step)
    light = 1 + .2 * weave + noise(rng, size, 40, .06) + noise(rng, size, .8, .05)
    image = rng.uniform((70, 80, 100), (150, 140, 170)) * light[..., None]
    mask = np.zeros(size, np.uint8)
    chance = rng.random()
    label = sum(chance >= limit for limit in (.4, .6, .8))
    for _ in range(rng.integers(1, 4) if label else 0):
        down = rows - rng.uniform(20, height - 20)
        right = columns - rng.uniform(20, width - 20)
        change = (_hole, _stain, _thread)[label - 1]
        image, fault = change(rng, image, *turned(down, right, rng.uniform(0, np.pi)))
        mask[fault] = label
    return ndimage.gaussian_filter(image, (.6, .6, 0)) + rng.normal(0, 4, image.shape), mask


def _hole(
    rng: np.random.Generator, image: Floats, along: Floats, across: Floats,
) -> tuple[Floats, Bools]:
    size = along.shape[0], along.shape[1]
    hole = blob(rng, along, across, long=(5, 14), wide=(4, 9), rough=(2, .12))
    return np.where(hole[..., None], 25 + noise(rng, size, 2, 4)[..., None], image), hole


def _stain(
    rng: np.random.Generator, image: Floats, along: Floats, across: Floats,
) -> tuple[Floats, Bools]:
    stain = blob(rng, along, across, long=(12, 32), wide=(10, 24), rough=(5, .2))
    return np.where(stain[..., None], image * np.array((.8, .68, .5)), image), stain


def _thread(
    rng: np.random.Generator, image: Floats, along: Floats, across: Floats,
) -> tuple[Floats, Bools]:
    """A bright curved thread of two to four pixels."""
    bow, length = rng.uniform(4, 14), rng.uniform(25, 70)
    middle = bow * np.cos(along / rng.uniform(10, 25))
    thread = (abs(across - middle) < rng.uniform(1, 2)) & (abs(along) < length)
    return np.where(thread[..., None], np.minimum(image * 1.7 + 20, 245), image), thread
