"""Label PNGs with a class table, written by tag2mask or by other programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.interchange.class_tables import csv_table, find_table, read_table
from tag2mask.interchange.format import Format, Labelling, ReadOptions, WriteOptions
from tag2mask.interchange.label_pngs import (
    PICTURES,
    Pair,
    files_below,
    photos_by_stem,
    read_pairs,
    suffix_of,
    write_pairs,
)
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.names import read_names

_FOLDERS = ("masks", "annotations", "labels", "SegmentationClass")


def fits(path: Path) -> bool:
    """Return whether a folder has label images and a class table."""
    return path.is_dir() and find_table(path) is not None and \
        next(iter(files_below(_folder(path), PICTURES)), None) is not None


def _folder(path: Path) -> Path:
    return next((path / name for name in _FOLDERS if (path / name).is_dir()), path)


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read the label images in `masks/`, or in the folder itself."""
    if not path.is_dir():
        raise InputError(f"{path} is no folder; give the one with the label pictures.")
    found = find_table(path)
    if found is None:
        raise InputError(f"{path} has no class table; add classes.csv with label,name.")
    table = read_table(found)
    labelling = Labelling(classes=table.classes, photos=(), problems=[], notes=[])
    yield replace(labelling, photos=read_pairs(_pairs(path, options), table, labelling))


def _pairs(path: Path, options: ReadOptions) -> list[Pair]:
    folder, renamed = _folder(path), read_names(path)
    photos = photos_by_stem(path / "images") or photos_by_stem(options.photos or path / "images")
    pairs = []
    for labels in files_below(folder, PICTURES):
        stem = labels.relative_to(folder).with_suffix("").as_posix()
        photo = photos.get(stem)
        file = f"{stem}{photo.suffix}" if photo else stem
        pairs.append(Pair(renamed.get(file, file), labels, photo))
    return pairs


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write `images/`, `masks/` and `classes.csv`."""
    write_text(out / "classes.csv", csv_table(labelling.classes))

    def where(photo: LabelledPhoto, stem: str) -> tuple[Path, Path]:
        return out / "images" / (stem + suffix_of(photo)), out / "masks" / f"{stem}.png"

    return write_pairs(labelling, options, out, where, colours=True)


FORMAT = Format(
    title="Label PNGs", exact="exact", read=read, write=write, fits=fits,
    undecided="the value 255",
)
