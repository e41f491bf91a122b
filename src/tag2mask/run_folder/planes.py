"""Read and write maps, scores and class-agnostic masks of a photo as `.npz` files."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.core.files import atomic_path
from tag2mask.core.processes.late_files import await_file
from tag2mask.data.damage import reading, refuse_other_archives, refuse_planes

_FASTEST = 1
"""Level of compression; higher levels save a tenth, for twice the time."""

_reading = Lock()
"""Guards reading: numpy parses the header of a file with `ast`, which in CPython 3.11 occasionally
fails in several threads at once (SystemError, "recursion depth mismatch")."""


def write_planes(path: Path, planes: np.ndarray, classes: np.ndarray) -> None:
    """Write maps or scores of one photo as float16, with the class index of each plane.

    The file is compressed without loss, at the fastest level: scores after a CRF, which are 0 or 1
    nearly everywhere, take about a seventh of their size.

    Args:
        path: ends in `.npz`.
        planes: (k, h, w) maps, or (1 + k, h, w) scores whose row 0 is the background.
        classes: (k,) 0-based class indices.
    """
    arrays: dict[str, np.ndarray] = {
        "planes": planes.astype(np.float16), "classes": classes.astype(np.int64)}
    with atomic_path(path) as temporary, ZipFile(
        temporary, "w", ZIP_DEFLATED, compresslevel=_FASTEST
    ) as archive:
        for name, array in arrays.items():  # as np.savez_compressed, which has a slower level
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def read_planes(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a file of `write_planes`: (planes as float32, classes).

    Raises:
        InputError: the file is missing or damaged.
    """
    await_file(path)
    with reading(path, "delete its folder and repeat the stage"):
        refuse_other_archives(path)
        with _reading, np.load(path, allow_pickle=False) as archive:
            planes, classes = archive["planes"].astype(np.float32), archive["classes"]
        refuse_planes(planes, classes)
    return planes, classes


def write_masks(path: Path, masks: np.ndarray) -> None:
    """Write the class-agnostic masks of one photo.

    Args:
        path: ends in `.npz`.
        masks: (M, h, w) bool.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, masks=masks)


def read_masks(path: Path) -> np.ndarray:
    """Read a file of `write_masks`: (M, h, w) bool.

    Raises:
        InputError: the file is missing or damaged, or the array has a wrong shape.
    """
    await_file(path)
    with reading(path, "make it again"):
        refuse_other_archives(path)
        with _reading, np.load(path, allow_pickle=False) as archive:
            masks: np.ndarray = archive["masks"]
    if masks.ndim != 3:
        raise InputError(f"{path}: masks must be (M, h, w), not {masks.shape}; make it again.")
    return masks > 0
