"""Locations of annotations: three tables and a folder of masks beside the photos."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.folder_names import ANNOTATIONS
from tag2mask.data.readers.names import is_hidden

FOLDER = ANNOTATIONS
"""Name of the folder of masks, which are named after their photos."""

SHEETS = ("points.csv", "boxes.csv", "scribbles.csv")
"""Names of the tables, in reading order."""

UNDECIDED = "undecided"
"""Class name of undecidable pixels."""


_ALMOST = frozenset(f"{stem}{suffix}" for stem in (
    "point", "points", "box", "boxes", "scribble", "scribbles",
) for suffix in (".csv", ".tsv", ".txt", ".xlsx"))
"""File names that are likely to be meant for one of the tables, in lower case."""


def has_annotations(root: Path) -> bool:
    """Return whether a data set has any annotations; needs only a few file-system calls."""
    if any((root / name).is_file() for name in SHEETS):
        return True
    return next(mask_files(root), None) is not None


def misnamed_tables(root: Path) -> list[tuple[str, str]]:
    """Return files with almost the name of a table, each with the name that it should have."""
    names = sorted(path.name for path in root.iterdir() if path.name.lower() in _ALMOST)
    pairs = [(name, _table_for(name)) for name in names if name not in SHEETS]
    # On file systems that ignore case, the table itself is found under the other spelling.
    return [(name, table) for name, table in pairs if not (root / table).is_file()]


def other_pictures(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield pictures in `annotations/` that are no PNG files, with their names."""
    yield from _pictures(root, frozenset(SUFFIXES) - {".png"})


def mask_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the masks in `annotations/` with the names of their photos.

    The name of the folder must be lower case, because `Annotations` belongs to Pascal VOC.
    """
    yield from _pictures(root, frozenset({".png"}))


def _table_for(name: str) -> str:
    return next(table for table in SHEETS if table.startswith(name.lower()[:3]))


def _pictures(root: Path, suffixes: frozenset[str]) -> Iterator[tuple[str, Path]]:
    folder = root / FOLDER
    if not folder.is_dir() or FOLDER not in {path.name for path in root.iterdir()}:
        return
    for top, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in sorted(files):
            path = Path(top, name)
            if path.suffix.lower() in suffixes and not is_hidden(name):
                yield path.relative_to(folder).with_suffix("").as_posix(), path
