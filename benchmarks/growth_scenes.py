"""Drawn photos with any number of classes and any size, for `growth`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.core.files import write_text
from tag2mask.data.masks import save_mask
from tag2mask.data.scenes import CLASSES, draw_scene

EACH = len(CLASSES)
HELD_OUT = 5
"""Every fifth photo is in the split val."""


def write_photos(folder: Path, *, photos: int, classes: int, size: tuple[int, int]) -> Path:
    """Draw scenes, and number their creatures in groups until there are `classes` classes.

    Creatures of different groups look alike, so only costs can be measured with these classes.

    Args:
        folder: the data set's folder; an existing one is used as it is.
        photos: number of photos; one of five is held out.
        classes: number of classes; fewer than five share numbers.
        size: (H, W) of every photo.

    Returns:
        `folder`.
    """
    if (folder / "tags.csv").exists():
        return folder
    rows, names = ["image,tags,split"], [f"class_{number:03d}" for number in range(classes)]
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for index in range(photos):
        scene, stem = draw_scene(index, size=size), f"scene_{index:04d}"
        own = _numbers(index, classes)
        Image.fromarray(scene.image).save(folder / "images" / f"{stem}.jpg", quality=92)
        labels = np.array([0, *(number + 1 for number in own)], np.uint8)
        save_mask(folder / "masks" / f"{stem}.png", labels[scene.mask], num_labels=classes + 1)
        tags = ";".join(sorted({names[own[tag]] for tag in scene.tags}))
        split = "val" if index % HELD_OUT == HELD_OUT - 1 else "train"
        rows.append(f"images/{stem}.jpg,{tags},{split}")
    write_text(folder / "classes.txt", "\n".join(["background", *names, ""]))
    write_text(folder / "tags.csv", "\n".join([*rows, ""]))
    return folder


def _numbers(index: int, classes: int) -> list[int]:
    """Return the class of each creature in photo number `index`."""
    group = index // EACH * EACH
    return [(group + creature) % classes for creature in range(EACH)]
