"""Drawn grey scans: a body with two lungs and a spine, healthy or with nodules or cysts."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Bools, Floats, Labels, Size, grid, noise, turned

CLASSES = ("nodule", "cyst")
SIZE = (256, 288)
NODULE, CYST = 1, 2


def draw(rng: np.random.Generator, size: Size = SIZE) -> tuple[Floats, Labels]:
    """Draw a grey photo (H, W) with speckle, and its mask."""
    image, lungs, body = _body(rng, size)
    mask = np.zeros(size, np.uint8)
    rows, columns = grid(size)
    for label in [label for label, chance in ((NODULE, .4), (CYST, .35)) if rng.random() < chance]:
        inside = lungs if label == NODULE else body & ~ndimage.binary_dilation(lungs, iterations=4)
        places = np.argwhere(ndimage.binary_erosion(inside, iterations=7))
        for _ in range(rng.integers(1, 4)):
            row, column = places[rng.integers(len(places))]
            radius = rng.uniform(5, 12) if label == NODULE else rng.uniform(7, 15)
            distance = np.hypot(rows - row, (columns - column) * rng.uniform(.8, 1.25)) / radius
            lesion = (distance + noise(rng, size, 4, .1) < 1) & inside
            image = np.where(lesion, _inside(rng, label, size), image)
            mask[lesion] = label
    image = ndimage.gaussian_filter(image, 1)
    return image * (1 + noise(rng, size, 1.2, .12)) + rng.normal(0, 3, size), mask


def _inside(rng: np.random.Generator, label: int, size: Size) -> Floats:
    level = rng.uniform(150, 190) if label == NODULE else rng.uniform(60, 85)
    return level + noise(rng, size, 2, 6)


def _body(rng: np.random.Generator, size: Size) -> tuple[Floats, Bools, Bools]:
    """Draw a healthy body; return it, where its lungs are, and where it is."""
    height, width = size
    rows, columns = grid(size)
    along, across = turned(rows - height / 2 - rng.normal(0, 5),
                           columns - width / 2 - rng.normal(0, 5), rng.uniform(-.15, .15))
    wide, high = width * rng.uniform(.4, .46), height * rng.uniform(.36, .43)
    distance = np.hypot(along / wide, across / high)
    body = distance < 1
    image = np.where(body, 115 + noise(rng, size, 8, 10) + noise(rng, size, 2, 6), 8.0)
    image = np.where((distance > .92) & body, 165, image)
    lungs = np.zeros(size, bool)
    for side in (-1, 1):
        inside = np.hypot((along - side * wide * .45) / (wide * rng.uniform(.3, .38)),
                          across / (high * rng.uniform(.55, .68))) < 1
        lungs |= inside & (distance < .88)
    image = np.where(lungs, 45 + noise(rng, size, 3, 9), image)
    spine = np.hypot(along / (wide * .1), (across - high * .6) / (high * .14)) < 1
    return np.where(spine, 215, image), lungs & ~spine, body & ~spine & (distance < .9)
