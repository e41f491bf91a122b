"""Drawn photos of one leaf on soil each, healthy or with brown spots, with mildew, or both."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Bools, Floats, Labels, Size, grid, noise, turned

CLASSES = ("spot", "mildew")
SIZE = (220, 300)
SPOT, MILDEW = 1, 2


def draw(rng: np.random.Generator, size: Size = SIZE) -> tuple[Floats, Labels]:
    """Draw a photo (H, W, 3) and its mask."""
    image, leaf = _leaf(rng, size)
    mask = np.zeros(size, np.uint8)
    rows, columns = grid(size)
    places = np.argwhere(ndimage.binary_erosion(leaf, iterations=6))
    for label in [label for label in (SPOT, MILDEW) if rng.random() < .5]:
        for _ in range(rng.integers(2, 9) if label == SPOT else rng.integers(1, 3)):
            row, column = places[rng.integers(len(places))]
            change = _spot if label == SPOT else _mildew
            image, body = change(rng, image, leaf, rows - row, columns - column)
            mask[body] = label
    return image + rng.normal(0, 4, image.shape), mask


def _leaf(rng: np.random.Generator, size: Size) -> tuple[Floats, Bools]:
    """Draw a healthy leaf on soil, and where it is."""
    height, width = size
    soil = (95 + noise(rng, size, 3, 14))[..., None] * np.array([1, .8, .6])
    rows, columns = grid(size)
    angle = rng.uniform(-.6, .6)
    along, across = turned(rows - height / 2 - rng.normal(0, 8),
                           columns - width / 2 - rng.normal(0, 8), angle)
    long, wide = width * rng.uniform(.36, .47), height * rng.uniform(.25, .38)
    leaf = (abs(along) < long) & (abs(across) < wide * (1 - (along / long) ** 2))
    green = np.array([rng.uniform(50, 80), rng.uniform(110, 150), rng.uniform(40, 60)])
    veins = np.cos((along + abs(across)) / 7) > .93
    surface = green * (1 + .12 * noise(rng, size, 4, 1) + .25 * veins)[..., None]
    surface = np.where((abs(across) < 1.5)[..., None], surface * 1.3, surface)
    return np.where(leaf[..., None], surface, soil), leaf


def _spot(
    rng: np.random.Generator, image: Floats, leaf: Bools, down: Floats, right: Floats,
) -> tuple[Floats, Bools]:
    """Draw a brown spot with a yellow ring."""
    size = down.shape
    radius = rng.uniform(4, 11)
    distance = np.hypot(down, right * rng.uniform(.8, 1.2)) / radius + noise(rng, size, 3, .08)
    body = (distance < 1) & leaf
    brown = np.array((95, 60, 30)) * (1 + .1 * rng.normal(size=(*size, 1)))
    image = np.where(body[..., None], brown, image)
    return np.where((body & (distance > .75))[..., None], (190, 180, 60), image), body


def _mildew(
    rng: np.random.Generator, image: Floats, leaf: Bools, down: Floats, right: Floats,
) -> tuple[Floats, Bools]:
    """Draw white mildew with a soft edge."""
    size = down.shape
    distance = np.hypot(down, right) / rng.uniform(14, 30) + noise(rng, size, 5, .25)
    cover = np.clip(1.6 - 1.5 * distance, 0, .8) * leaf * (noise(rng, size, 1, .5) > -.4)
    white = np.array((225, 228, 220))
    return image + (white - image) * cover[..., None], (distance < 1) & leaf
