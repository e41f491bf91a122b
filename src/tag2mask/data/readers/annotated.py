"""Read photos with annotations but no tags: `images/`, and points, boxes, scribbles or masks.

The tags of a photo are the classes in its annotation. The classes are those of classes.txt, else
the sorted names in the tables, else the labels that occur in the masks.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.data.annotations.files import (
    SHEETS,
    UNDECIDED,
    has_annotations,
    mask_files,
)
from tag2mask.data.annotations.joining import annotate
from tag2mask.data.annotations.sheets import read_shapes
from tag2mask.data.dataset import Dataset
from tag2mask.data.mask_pixels import read_pixels
from tag2mask.data.readers.class_tree import has_class_folders
from tag2mask.data.readers.names import read_classes, refuse_case_variants
from tag2mask.data.readers.splits import SYNONYMS, hold_out
from tag2mask.data.readers.table.file_names import photo_files
from tag2mask.data.readers.table.spellings import class_key

LOOKS_FOR = "images/ with points.csv, boxes.csv, scribbles.csv or annotations/<photo>.png"

_RESERVED = frozenset({"background", UNDECIDED})


def fits(root: Path) -> bool:
    """Return whether there are annotations named after photos, and no class folders."""
    if not has_annotations(root) or any(has_class_folders(top) for top in _tops(root)):
        return False
    if any((root / name).is_file() for name in SHEETS):
        return next(photo_files(root), None) is not None
    paths = [PurePosixPath(path).with_suffix("") for path in photo_files(root)]
    names = {path.as_posix() for path in paths} | {path.name for path in paths}
    names |= {path.relative_to("images").as_posix() for path in paths if path.parts[0] == "images"}
    return any(name in names for name, _ in mask_files(root))


def read(root: Path) -> Dataset:
    """Read the annotations; photos without any are left out, since their tags are unknown.

    Raises:
        InputError: no class, too many classes, or an error from `annotate`.
    """
    classes, notices = _classes(root)
    bare = Dataset(root=root, layout="annotated", classes=classes, photos=(), notices=notices)
    dataset = annotate(bare)
    if not dataset.photos:
        raise InputError(f"{root} has no annotation that can be used, and no tags; add either.")
    dataset, notices = _split(dataset)
    photos = dataset.photos
    unknown = sum(1 for _ in photo_files(root)) - len(photos)
    if unknown > 0:
        notices = (*notices, f"{unknown:,} photos in {root} have neither tags nor annotations, so "
                    f"nobody knows what is on them; they are left out.")
    return replace(dataset, notices=(*dataset.notices, *notices))


def _tops(root: Path) -> list[Path]:
    return [top for top in (root, root / "images") if top.is_dir()]


def _classes(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the classes, and notices on the order of the labels if it was not given."""
    if (root / "classes.txt").is_file():
        return read_classes(root / "classes.txt"), ()
    names: dict[str, str] = {}
    for sheet in SHEETS:
        if (root / sheet).is_file():
            for row in read_shapes(root / sheet).rows:
                if class_key(row.name) not in _RESERVED:
                    names.setdefault(row.name, f"{sheet}, row {row.number}")
    masks = [path for _, path in mask_files(root)]
    if names:
        refuse_case_variants(names, source=str(root))
        classes = tuple(sorted(names))
        rule = "the labels in the masks follow the order of the names in the tables"
    else:
        highest = max((_highest(path) for path in masks), default=0)
        classes = tuple(str(label) for label in range(1, highest + 1))
        rule = "the classes are called by their labels in the masks"
    if not classes:
        raise InputError(f"The annotations in {root} name no class; there is nothing to learn "
                         f"without classes.")
    if not masks:
        return classes, ()
    listed = ", ".join(f"{label} = {name}" for label, name in enumerate(classes[:40], start=1))
    return classes, (f"There is no classes.txt, so {rule}: {listed}.",)


def _highest(path: Path) -> int:
    """Return the highest label of a mask, 0 if it cannot be read; that is reported elsewhere."""
    try:
        pixels = read_pixels(path)
    except InputError:
        return 0
    labels = pixels.values[pixels.values < IGNORE] if pixels.kind != "colour" else np.zeros(0)
    return int(labels.max()) if labels.size else 0


def _split(dataset: Dataset) -> tuple[Dataset, tuple[str, ...]]:
    """Take the splits from folders with such names, else hold some photos out."""
    places = {photo.name: PurePosixPath(photo.name) for photo in dataset.photos}
    given = {path: SYNONYMS.get(path.parts[0].lower()) if len(path.parts) > 1 else None
             for path in places.values()}
    tags = {places[p.name]: frozenset(map(str, p.tags)) for p in dataset.photos}
    held = hold_out(given, tags=tags)
    splits = {name: held.splits[path] for name, path in places.items()}
    drawn = {name: held.drawn[path] for name, path in places.items() if path in held.drawn}
    return replace(dataset.with_splits(splits), drawn=drawn), held.notices
