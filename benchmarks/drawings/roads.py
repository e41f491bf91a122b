"""Drawn photos of asphalt, some with a lane marking, with a crack, a pothole, both or neither."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Bools, Floats, Labels, Size, grid, noise

CLASSES = ("crack", "pothole")
SIZE = (240, 320)
CRACK, POTHOLE = 1, 2


def draw(rng: np.random.Generator, size: Size = SIZE) -> tuple[Floats, Labels]:
    """Draw a grey photo (H, W) and its mask."""
    height, width = size
    image = rng.uniform(90, 140) + noise(rng, size, 30, 10) + noise(rng, size, .7, 14)
    if rng.random() < .4:
        middle = rng.uniform(0, width)
        rows, columns = grid(size)
        image += 60 * (abs(columns - middle - .2 * (rows - height / 2)) < 6)
    mask = np.zeros(size, np.uint8)
    for label in _damages(rng.random()):
        image, body = _crack(rng, image) if label == CRACK else _pothole(rng, image)
        mask[body] = label
    return image, mask


def _damages(chance: float) -> tuple[int, ...]:
    for limit, labels in ((.4, ()), (.65, (CRACK,)), (.88, (POTHOLE,))):
        if chance < limit:
            return labels
    return CRACK, POTHOLE


def _crack(rng: np.random.Generator, image: Floats) -> tuple[Floats, Bools]:
    """Draw a thin dark line: a random walk from its middle to both sides."""
    height, width = image.shape
    direction = rng.uniform(0, 2 * np.pi)
    line = np.zeros(image.shape, bool)
    middle = height / 2 + rng.normal(0, 30), width / 2 + rng.normal(0, 30)
    for side in (0, np.pi):
        angle, (row, column) = direction + side, middle
        for _ in range(rng.integers(60, 160)):
            angle += rng.normal(0, .25)
            row, column = row + np.sin(angle), column + np.cos(angle)
            if 0 <= row < height and 0 <= column < width:
                line[int(row), int(column)] = True
    body = ndimage.binary_dilation(line, iterations=int(rng.integers(1, 3)))
    return image - 55 * ndimage.gaussian_filter(body.astype(float), .7), body


def _pothole(rng: np.random.Generator, image: Floats) -> tuple[Floats, Bools]:
    height, width = image.shape
    rows, columns = grid((height, width))
    row, column = rng.uniform(30, height - 30), rng.uniform(30, width - 30)
    distance = np.hypot((rows - row) / rng.uniform(12, 28), (columns - column)
                        / rng.uniform(16, 40)) + noise(rng, (height, width), 6, .12)
    body = distance < 1
    inside = image * .72 - 10 + noise(rng, (height, width), 2, 14)
    return np.where(body, inside, image) - 20 * np.exp(-((distance - 1) / .08) ** 2), body
