"""A data set of a few drawn photos, the same on every machine: only integers decide its pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("block", "disc")
HEIGHT, WIDTH = 72, 96
NAMES = tuple(f"p{number:02}" for number in range(14))
HELD_OUT = 10
"""Photos from this number on are in the split val."""

_TAGS = (("disc",), ("block",), CLASSES)


def tags_of(number: int) -> tuple[str, ...]:
    """Return the tags of a photo: none for the first one, both for every third one."""
    return _TAGS[number % 3] if number else ()


def draw_photo(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw one photo.

    Returns:
        the photo, (72, 96, 3) uint8, and its mask, (72, 96) uint8 with 1 for block and 2 for disc.
    """
    rng = np.random.default_rng(1000 + number)
    row, column = np.mgrid[:HEIGHT, :WIDTH]
    photo = rng.integers(80, 130, (HEIGHT, WIDTH, 3)) + (row // 3 + column // 4)[..., None]
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for tag in tags_of(number):
        y, x, size = (int(rng.integers(*limits)) for limits in ((20, 50), (18, 32), (9, 15)))
        if tag == "disc":
            inside = (row - y) ** 2 + (column - x) ** 2 <= size**2
            colour = np.where((row + column)[..., None] // 4 % 2, (225, 60, 40), (170, 30, 60))
        else:
            x += 44
            inside = (abs(row - y) <= size) & (abs(column - x) <= size + 3)
            colour = np.where(column[..., None] // 3 % 2, (40, 70, 220), (60, 140, 190))
        photo[inside] = colour[inside] + rng.integers(0, 20, (HEIGHT, WIDTH, 3))[inside]
        mask[inside] = CLASSES.index(tag) + 1
    return photo.astype(np.uint8), mask


def write_data(root: Path) -> Path:
    """Write the data set as a folder with tags.csv, images and masks."""
    for folder in ("images", "masks"):
        (root / folder).mkdir(parents=True)
    rows = ["image,tags,split"]
    for number, name in enumerate(NAMES):
        photo, mask = draw_photo(number)
        Image.fromarray(photo).save(root / "images" / f"{name}.png")
        Image.fromarray(mask).save(root / "masks" / f"{name}.png")
        split = "val" if number >= HELD_OUT else "train"
        rows.append(f"images/{name}.png,{';'.join(tags_of(number))},{split}")
    (root / "tags.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root
