"""Drawn grey photos of metal rings, faultless or with scratches, stains or chips."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Bools, Floats, Labels, Size, grid, noise, turned

CLASSES = ("scratch", "stain", "chip")
SIZE = (256, 256)


def draw(rng: np.random.Generator, size: Size = SIZE) -> tuple[Floats, Labels]:
    """Draw a grey photo (H, W) and its mask."""
    image, ring = _ring(rng, size)
    mask = np.zeros(size, np.uint8)
    rows, columns = grid(size)
    places = np.argwhere(ndimage.binary_erosion(ring, iterations=8))
    chance = rng.random()
    label = sum(chance >= limit for limit in (.45, .65, .85))
    for _ in range(rng.integers(1, 3) if label else 0):
        row, column = places[rng.integers(len(places))]
        change = (_scratch, _stain, _chip)[label - 1]
        image, body = change(rng, image, ring, rows - row, columns - column)
        mask[body] = label
    return ndimage.gaussian_filter(image, .6) + rng.normal(0, 3, size), mask


def _ring(rng: np.random.Generator, size: Size) -> tuple[Floats, Bools]:
    """Draw a faultless ring with turning marks, and where it is."""
    height, width = size
    rows, columns = grid(size)
    middle = height / 2 + rng.normal(0, 5), width / 2 + rng.normal(0, 5)
    along, across = turned(rows - middle[0], columns - middle[1], rng.uniform(0, np.pi))
    radius, largest = np.hypot(along, across), min(size) * .4
    ring = (radius < largest) & (radius > largest * .28)
    image = 35 + noise(rng, size, 2, 3)
    light = 110 + 25 * np.cos(np.arctan2(across, along) * 2) + 12 * np.cos(radius / 2.2)
    image += np.where(ring, light + noise(rng, size, 1.2, 7), 0)
    return image - 50 * np.exp(-((radius - largest) / 2.5) ** 2) * ring, ring


def _scratch(
    rng: np.random.Generator, image: Floats, ring: Bools, down: Floats, right: Floats,
) -> tuple[Floats, Bools]:
    angle, length = rng.uniform(0, np.pi), rng.uniform(12, 34)
    along, across = turned(down, right, angle)
    body = (abs(across) < 1.6) & (abs(along) < length) & ring
    return image + np.where(body, 75, 0), body


def _stain(
    rng: np.random.Generator, image: Floats, ring: Bools, down: Floats, right: Floats,
) -> tuple[Floats, Bools]:
    distance = np.hypot(down / rng.uniform(5, 12), right / rng.uniform(5, 12))
    body = (distance + noise(rng, _size(image), 3, .15) < 1) & ring
    return np.where(body, image * .6, image), body


def _chip(
    rng: np.random.Generator, image: Floats, ring: Bools, down: Floats, right: Floats,
) -> tuple[Floats, Bools]:
    size = _size(image)
    body = (np.hypot(down, right) + noise(rng, size, 2, 1.5) < rng.uniform(4, 8)) & ring
    return np.where(body, 40 + noise(rng, size, 1, 6), image), body


def _size(image: Floats) -> Size:
    height, width = image.shape
    return height, width
