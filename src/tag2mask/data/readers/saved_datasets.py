"""Read folders that `datasets.save_to_disk` of Hugging Face wrote: Arrow files with the photos.

The photos are unpacked once into a hidden folder, as those of shards. Needs the package pyarrow,
which `datasets` installs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import why_no_file_name
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.folder_names import in_order, split_of_folder
from tag2mask.data.readers.huggingface import TAGS, labels_in
from tag2mask.data.readers.photo_files import listing
from tag2mask.data.readers.shards.files import FOLDER
from tag2mask.data.readers.shards.samples import Sample
from tag2mask.data.readers.shards.unpacking import (
    Unpacked,
    current,
    new_folder,
    stamp,
    write_index,
)

LOOKS_FOR = "dataset_dict.json or state.json of datasets.save_to_disk (Hugging Face)"

_DICT, _STATE, _INFO = "dataset_dict.json", "state.json", "dataset_info.json"
_PHOTOS, _MASKS = ("image", "img", "photo", "pixel_values"), ("mask", "annotation", "segmentation")

_Row = tuple[Mapping[str, object] | None, Mapping[str, object] | None, object]
"""Photo, mask and tags of a row; pictures as {"bytes": ..., "path": ...}."""


@dataclass(frozen=True)
class _Part:
    """One split: its folder, its Arrow files, and the columns."""

    folder: Path
    split: str
    files: tuple[Path, ...]
    photo: str
    mask: str | None
    tags: str
    classes: tuple[str, ...]
    """Names of the numbers in the column of tags; empty if that has names."""


def fits(root: Path) -> bool:
    """Return whether the folder was written by `save_to_disk`."""
    return (root / _DICT).is_file() or ((root / _STATE).is_file() and (root / _INFO).is_file())


def read(root: Path) -> Dataset:
    """Read the photos of all splits, after unpacking them if necessary.

    Raises:
        InputError: a file is missing or damaged, there is no column of photos or of tags, or
            pyarrow is not installed.
    """
    parts = _parts(root)
    stamps = tuple(stamp(root, file) for part in parts for file in part.files)
    unpacked = current(root, stamps)
    if unpacked is None:
        with new_folder(root) as temporary:
            samples = [one for part in parts for one in _unpacked(part, temporary)]
            unpacked = Unpacked(stamps=stamps, samples=tuple(samples))
            write_index(temporary, unpacked)
    found = [
        Found(path=PurePosixPath(FOLDER, one.photo), tags=frozenset(one.tags or ()),
              split=split_of_folder(one.split) if one.split else None,
              mask=root / FOLDER / one.mask if one.mask else None)
        for one in unpacked.samples if one.photo and one.tags is not None
    ]
    declared = tuple(dict.fromkeys(name for part in parts for name in part.classes))
    used = {tag: "" for item in found for tag in sorted(item.tags)}
    return assemble(
        root, layout="saved_datasets", classes=declared or tuple(in_order(used)), found=found,
        problems=[Problem(photo=one.name, why=f"{root / one.shard} has no photo in this row.",
                          left_out=True) for one in unpacked.samples if not one.photo],
        image_root=PurePosixPath(FOLDER, "images"), notices=_notices(unpacked.samples),
    )


def _notices(samples: Sequence[Sample]) -> list[str]:
    unknown = [one.name for one in samples if one.photo and one.tags is None]
    return [f"{len(unknown):,} of {len(samples):,} rows have no label, or -1, so their tags are "
            f"unknown and they are not used (for example {unknown[0]})."] if unknown else []


def _parts(root: Path) -> list[_Part]:
    if not (root / _DICT).is_file():
        return [_part(root, "")]
    splits = _json(root / _DICT).get("splits")
    names = [name for name in splits if isinstance(name, str)] if isinstance(splits, list) else []
    if not names or any(why_no_file_name(name) for name in names):
        raise InputError(f"{root / _DICT} names no splits; save the data set again.")
    return [_part(root / name, name) for name in names]


def _part(folder: Path, split: str) -> _Part:
    state, info = _json(folder / _STATE), _json(folder / _INFO)
    entries, features = state.get("_data_files"), info.get("features")
    if not isinstance(entries, list) or not isinstance(features, dict):
        raise InputError(f"{folder / _STATE} or {folder / _INFO} is damaged; save the data set "
                         "again.")
    names = [str(entry.get("filename")) for entry in entries if isinstance(entry, dict)]
    if any(Path(name).name != name for name in names):
        raise InputError(f"{folder / _STATE} names files of another folder; save it again.")
    lost = next((name for name in names if not (folder / name).is_file()), None)
    if lost is not None:
        raise InputError(f"{folder / lost} is missing; copy it there, or save the data set again.")
    pictures = [name for name, kind in features.items() if _kind(kind) == "Image"]
    masks = [name for name in pictures if name.lower() in _MASKS]
    photos = [name for name in pictures if name not in masks]
    photo = next((name for name in photos if name.lower() in _PHOTOS), photos[0] if photos else "")
    tags = next((name for word in TAGS for name in features
                 if name.lower() == word and name not in pictures), None)
    if not photo or tags is None:
        raise InputError(f"{folder} has no column of {'tags' if photo else 'photos'}, only "
                         f"{listing(sorted(features), most=8)}; rename the column to "
                         f"{'tags' if photo else 'image'}.")
    return _Part(folder, split, tuple(folder / name for name in names), photo,
                 masks[0] if masks else None, tags, _class_names(features[tags]))


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


def _unpacked(part: _Part, out: Path) -> Iterator[Sample]:
    """Write the photos and masks of a split; names are those of files if they are all different."""
    stems = [_stem(row[0]) for row in _rows(part)]
    named = len(set(stems)) == len(stems) and not any(map(why_no_file_name, stems))
    top = PurePosixPath(part.split)
    for number, (photo, mask, value) in enumerate(_rows(part)):
        name = (top / (stems[number] if named else f"{number:06d}")).as_posix()
        where = f"{part.folder}, row {number}"
        yield Sample(
            name=name, shard=part.split, photo=_written(photo, out, "images", name),
            mask=_written(mask, out, "masks", name), split=part.split or None,
            tags=_tags(value, part.classes, where))


def _rows(part: _Part) -> Iterator[_Row]:
    columns = (part.photo, part.mask, part.tags)
    for file in part.files:
        for batch in _batches(file):
            lists: list[Sequence[object]] = [
                batch.column(name).to_pylist() if name else [None] * batch.num_rows
                for name in columns]
            yield from zip(*lists, strict=True)


def _batches(file: Path) -> Iterator[Any]:
    try:
        arrow = import_module("pyarrow")
        import_module("pyarrow.ipc")
    except ImportError as error:
        raise InputError(f"{file.parent} was saved by Hugging Face datasets, which needs pyarrow "
                         "to be read; run `pip install pyarrow`.") from error
    try:
        with arrow.memory_map(str(file)) as source, arrow.ipc.open_stream(source) as batches:
            yield from batches
    except (OSError, arrow.ArrowException) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{file} is missing, cut or damaged ({why}); save the data set again."
                         ) from error


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


def _json(file: Path) -> Mapping[str, object]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file} is missing or damaged ({type(error).__name__}); save the data "
                         "set again.") from error
    return content if isinstance(content, dict) else {}
