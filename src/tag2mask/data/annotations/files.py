"""Locations of annotations: three tables and a folder of masks beside the photos."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tag2mask.data.readers.folder_names import ANNOTATIONS
from tag2mask.data.readers.names import is_hidden

FOLDER = ANNOTATIONS
"""Name of the folder of masks, which are named after their photos."""

SHEETS = ("points.csv", "boxes.csv", "scribbles.csv")
"""Names of the tables, in reading order."""

UNDECIDED = "undecided"
"""Class name of undecidable pixels."""


def has_annotations(root: Path) -> bool:
    """Return whether a data set has any annotations; needs only a few file-system calls."""
    if any((root / name).is_file() for name in SHEETS):
        return True
    return next(mask_files(root), None) is not None


def mask_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the masks in `annotations/` with the names of their photos.

    The name of the folder must be lower case, because `Annotations` belongs to Pascal VOC.
    """
    folder = root / FOLDER
    if not folder.is_dir() or FOLDER not in {path.name for path in root.iterdir()}:
        return
    for top, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in sorted(files):
            if name.lower().endswith(".png") and not is_hidden(name):
                path = Path(top, name)
                yield path.relative_to(folder).with_suffix("").as_posix(), path
