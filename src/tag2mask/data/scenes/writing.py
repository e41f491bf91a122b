"""Write the scenes to a folder in the tags.csv layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.core.files import atomic_path, write_text
from tag2mask.data.masks import save_mask
from tag2mask.data.scenes.discriminative_parts import CLASSES
from tag2mask.data.scenes.scene import SIZE, Scene, draw_scene

DRAWING = 1
"""Format version; increased whenever a seed gives different pictures, to detect old folders."""


def write_scenes(
    folder: Path,
    *,
    num_train: int = 240,
    num_val: int = 60,
    seed: int = 0,
    size: tuple[int, int] = SIZE,
) -> Path:
    """Write `images/`, `tags.csv`, `classes.txt`, `masks/` and `parts/` under `folder`.

    The folder is created atomically, and existing scenes are not written again. Only one writer at
    a time is supported: leftovers of a killed writer beside the folder are removed.

    Args:
        folder: the data set's folder.
        num_train: number of pictures in split `train`, which come first.
        num_val: number of pictures in split `val`, which follow.
        seed: seed of the whole set.
        size: (H, W) of every picture, in pixels.

    Returns:
        `folder`.

    Raises:
        InputError: the folder contains something else, the disk is full, or it cannot be written.
    """
    splits = ["train"] * num_train + ["val"] * num_val
    settings = {"drawing": DRAWING, "splits": [num_train, num_val], "seed": seed, "size": [*size]}
    if _holds(folder, json.dumps(settings)):
        return folder
    temporary = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        _fill(temporary, splits, seed=seed, size=size)
        write_text(temporary / "scenes.json", json.dumps(settings))
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _holds(folder: Path, settings: str) -> bool:
    """Return whether exactly these scenes exist; raise an error if there is something else."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    note = folder / "scenes.json"
    if note.is_file() and note.read_text(encoding="utf-8") == settings:
        return True
    raise InputError(
        f"{folder} holds something other than these scenes; remove it or choose another folder."
    )


def _fill(folder: Path, splits: list[str], *, seed: int, size: tuple[int, int]) -> None:
    rows = ["image,tags,split"]
    for index, split in enumerate(splits):
        scene, stem = draw_scene(index, seed=seed, size=size), f"scene_{index:04d}"
        _write(folder, stem, scene)
        tags = ";".join(CLASSES[tag] for tag in scene.tags)
        rows.append(f"images/{stem}.png,{tags},{split}")
    write_text(folder / "tags.csv", "\n".join([*rows, ""]))
    write_text(folder / "classes.txt", "\n".join(["background", *CLASSES, ""]))


def _write(folder: Path, stem: str, scene: Scene) -> None:
    num_labels = len(CLASSES) + 1
    with atomic_path(folder / "images" / f"{stem}.png") as path:
        Image.fromarray(scene.image).save(path)
    save_mask(folder / "masks" / f"{stem}.png", scene.mask, num_labels=num_labels)
    save_mask(folder / "parts" / f"{stem}.png", scene.parts, num_labels=num_labels)
