"""Unpack tables with a column of pictures and one of tags, as Hugging Face stores data sets.

The photos are unpacked once into a hidden folder: compressed columns have no photo by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import why_no_file_name
from tag2mask.core.wording import listing
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.folder_names import in_order, split_of_folder
from tag2mask.data.readers.huggingface import TAGS, labels_in
from tag2mask.data.readers.reading_choices import FILE, Choices
from tag2mask.data.readers.unpacked import (
    FOLDER,
    Sample,
    Unpacked,
    current,
    new_folder,
    write_index,
)
from tag2mask.data.shard_index import stamp

PHOTOS = ("image", "img", "photo", "pixel_values")
"""Usual names of the column of photos."""

_MASKS = ("mask", "annotation", "segmentation")

Batches = Callable[[Path, Sequence[str]], Iterator[Any]]
"""Yields the Arrow record batches of a file with these columns."""

_Row = tuple[Mapping[str, object] | None, Mapping[str, object] | None, object]
"""Photo, mask and tags of a row; pictures as {"bytes": ..., "path": ...}."""


@dataclass(frozen=True)
class Columns:
    """The columns to read.

    Attributes:
        photo: column of the photos.
        mask: column of the true masks; None if there is none.
        tags: column of the tags.
        classes: names of the numbers in the column of tags; empty if that has names.
    """

    photo: str
    mask: str | None
    tags: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """The files of one split.

    Attributes:
        place: the folder or file, for messages.
        split: name of the split as written; "" if it has none.
        files: the files, in order.
        columns: the columns to read.
    """

    place: Path
    split: str
    files: tuple[Path, ...]
    columns: Columns


def columns_of(features: Mapping[str, object], choices: Choices, place: Path) -> Columns:
    """Find the columns by the choices of the user, else by their kinds and names.

    Raises:
        InputError: a chosen column does not exist, or there are no photos or no tags.
    """
    for name in (choices.image, choices.tags, choices.mask):
        if name and name not in features:
            raise InputError(f"{place} has no column {name!r}, only "
                             f"{listing(sorted(features), most=8)}; choose one of them.")
    pictures = [name for name, kind in features.items() if _kind(kind) == "Image"]
    masks = [name for name in pictures if name.lower() in _MASKS and name != choices.image]
    photos = [name for name in pictures if name not in (*masks, choices.mask)]
    photo = choices.image or next(
        (name for name in photos if name.lower() in PHOTOS), photos[0] if photos else "")
    tags = choices.tags or next((name for word in TAGS for name in features
                                 if name.lower() == word and name not in pictures), "")
    if not photo or not tags:
        lost, key = ("tags", "tags") if photo else ("photos", "image")
        raise InputError(f"{place} has no column of {lost}, only "
                         f"{listing(sorted(features), most=8)}; name it in a file {FILE} beside "
                         f'the data, as in {{"{key}": "COLUMN"}}, or add ?{key}=COLUMN to an '
                         "address.")
    return Columns(photo, choices.mask or (masks[0] if masks else None), tags,
                   _class_names(features[tags]))


def read_parts(root: Path, layout: str, parts: Sequence[Part], batches: Batches) -> Dataset:
    """Read the photos of all parts, after unpacking them if necessary.

    Raises:
        InputError: a file is missing or damaged, or a class number has no name.
    """
    files = [file for part in parts for file in part.files]
    chosen = [root / FILE] if (root / FILE).is_file() else []
    stamps = tuple(stamp(root, file) for file in (*files, *chosen))
    unpacked = current(root, stamps)
    if unpacked is None:
        with new_folder(root) as temporary:
            samples = [one for part in parts for one in _unpacked(part, temporary, batches)]
            unpacked = Unpacked(stamps=stamps, samples=tuple(samples))
            write_index(temporary, unpacked)
    found = [
        Found(path=str(PurePosixPath(FOLDER, one.photo)), tags=frozenset(one.tags or ()),
              split=split_of_folder(one.split) if one.split else None,
              mask=root / FOLDER / one.mask if one.mask else None)
        for one in unpacked.samples if one.photo and one.tags is not None
    ]
    declared = tuple(dict.fromkeys(name for part in parts for name in part.columns.classes))
    used = {tag: "" for item in found for tag in sorted(item.tags)}
    return assemble(
        root, layout=layout, classes=declared or tuple(in_order(used)), found=found,
        problems=[Problem(photo=one.name, why=f"{root / one.shard} has no photo in this row.",
                          left_out=True) for one in unpacked.samples if not one.photo],
        image_root=PurePosixPath(FOLDER, "images"), notices=_notices(unpacked.samples),
    )


def arrow(module: str, folder: Path, what: str) -> Any:  # noqa: ANN401 - pyarrow may be missing
    """Return a module of pyarrow.

    Raises:
        InputError: it is not installed.
    """
    from importlib import import_module

    try:
        import_module("pyarrow")
        return import_module(module)
    except ImportError as error:
        raise InputError(f"{folder} {what}, which needs pyarrow to be read; run `pip install "
                         "'tag2mask[parquet]'`.") from error


def _notices(samples: Sequence[Sample]) -> list[str]:
    unknown = [one.name for one in samples if one.photo and one.tags is None]
    return [f"{len(unknown):,} of {len(samples):,} rows have no label, or -1, so their tags are "
            f"unknown and they are not used (for example {unknown[0]})."] if unknown else []


def _kind(feature: object) -> str:
    return str(feature.get("_type")) if isinstance(feature, dict) else ""


def _class_names(feature: object) -> tuple[str, ...]:
    """Return the names of a ClassLabel, or of a list of them."""
    if isinstance(feature, list) and feature:
        return _class_names(feature[0])
    if isinstance(feature, dict) and "feature" in feature:
        return _class_names(feature["feature"])
    names = feature.get("names") if isinstance(feature, dict) else None
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _unpacked(part: Part, out: Path, batches: Batches) -> Iterator[Sample]:
    """Write the photos and masks of a split; names are those of files if they are all different."""
    stems = [_stem(row[0]) for row in _rows(part, batches)]
    named = len(set(stems)) == len(stems) and not any(map(why_no_file_name, stems))
    top = PurePosixPath(part.split)
    for number, (photo, mask, value) in enumerate(_rows(part, batches)):
        name = (top / (stems[number] if named else f"{number:06d}")).as_posix()
        where = f"{part.place}, row {number}"
        yield Sample(
            name=name, shard=part.split, photo=_written(photo, out, "images", name),
            mask=_written(mask, out, "masks", name), split=part.split or None,
            tags=_tags(value, part.columns.classes, where))


def _rows(part: Part, batches: Batches) -> Iterator[_Row]:
    chosen = part.columns
    names = [name for name in (chosen.photo, chosen.mask, chosen.tags) if name]
    for file in part.files:
        for batch in batches(file, names):
            if not set(names) <= set(batch.schema.names):
                raise InputError(f"{file} lacks a column of the other files; save the data set "
                                 "again.")
            photos = batch.column(chosen.photo).to_pylist()
            masks = batch.column(chosen.mask).to_pylist() if chosen.mask else [None] * len(photos)
            tags = batch.column(chosen.tags).to_pylist()
            for photo, mask, value in zip(photos, masks, tags, strict=True):
                yield _picture(photo), _picture(mask), value


def _picture(cell: object) -> Mapping[str, object] | None:
    """Return a cell with a picture; one of bytes alone has no path."""
    return {"bytes": cell} if isinstance(cell, bytes) else cell if isinstance(cell, dict) else None


def _tags(value: object, classes: Sequence[str], where: str) -> tuple[str, ...] | None:
    """Return the tags in a cell; None where they are unknown, which -1 and null mean."""
    if not classes:
        return tuple(sorted(labels_in(value, where)))
    tags: set[str] = set()
    for number in value if isinstance(value, list) else [value]:
        if number is None or number == -1:
            return None
        if not isinstance(number, int) or not 0 <= number < len(classes):
            raise InputError(f"{where} has the class number {number}, but there are "
                             f"{len(classes)} classes, counted from 0; fix it.")
        tags.add(classes[number])
    return tuple(sorted(tags))


def _stem(photo: Mapping[str, object] | None) -> str:
    return PurePosixPath(str((photo or {}).get("path") or "").replace("\\", "/")).stem


def _written(
    picture: Mapping[str, object] | None, out: Path, top: str, name: str
) -> str | None:
    """Write the bytes of a picture, and return its path; None if there are none."""
    content = (picture or {}).get("bytes")
    if not isinstance(content, bytes):
        return None
    suffix = PurePosixPath(str((picture or {}).get("path") or "")).suffix.lower()
    below = f"{top}/{name}{suffix if suffix in SUFFIXES else '.png'}"
    (out / below).parent.mkdir(parents=True, exist_ok=True)
    (out / below).write_bytes(content)
    return below
