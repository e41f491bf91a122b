"""The folder layouts of mmsegmentation, with `img_dir/` and `ann_dir/`, and of Cityscapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.core.files import write_text
from tag2mask.data.masks import palette
from tag2mask.interchange.class_tables import ClassTable, csv_table, find_table, read_table
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

_SPLITS = ("train", "val", "test")
_FOLDERS = (("img_dir", "ann_dir"), ("leftImg8bit", "gtFine"))
_PHOTO = "_leftImg8bit"
_KINDS = ("_gtFine_labelTrainIds", "_gtFine_labelIds", "_labelTrainIds")
"""Suffixes in the names of Cityscapes label images; for a photo, the first existing one is used."""
_OTHERS = ("_gtFine_color", "_gtFine_instanceIds", "_gtFine_instanceTrainIds")

# fmt: off
_CITYSCAPES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign",
    "vegetation", "terrain", "sky", "person", "rider", "car", "truck", "bus", "train",
    "motorcycle", "bicycle",
)
_LABEL_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
# fmt: on
"""Cityscapes' 19 classes, whose train ids are 0..18, and their label ids."""


def fits(path: Path) -> bool:
    """Return whether there are folders of photos and of label images."""
    return _folders(path) is not None


def _folders(path: Path) -> tuple[Path, Path] | None:
    return next(((path / photos, path / labels) for photos, labels in _FOLDERS
                 if (path / photos).is_dir() and (path / labels).is_dir()), None)


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read `ann_dir/SPLIT/` with the class table beside it."""
    folders = _folders(path)
    if folders is None:
        raise InputError(f"{path} has no img_dir and ann_dir; give the folder that holds them.")
    pairs, found = list(_pairs(path, *folders)), find_table(path)
    if found is None and folders[1].name != "gtFine":
        raise InputError(f"{path} has no class table; add classes.csv with label,name.")
    table = read_table(found) if found else _cityscapes(pairs)
    labelling = Labelling(classes=table.classes, photos=())
    yield replace(labelling, photos=read_pairs(pairs, table, labelling))


def _cityscapes(pairs: list[Pair]) -> ClassTable:
    """Return the class table for train ids or label ids; other values are void."""
    by_train_id = any("TrainIds" in pair.labels.name for pair in pairs)
    numbers = range(len(_CITYSCAPES)) if by_train_id else _LABEL_IDS
    values = dict.fromkeys(range(34), IGNORE) | {
        number: label for label, number in enumerate(numbers, start=1)}
    return ClassTable(_CITYSCAPES, values, {})


def _pairs(path: Path, photo_top: Path, label_top: Path) -> Iterator[Pair]:
    renamed = read_names(path)
    for split in _SPLITS:
        folder, top = label_top / split, photo_top / split
        photos = {stem.removesuffix(_PHOTO): photo for stem, photo in photos_by_stem(top).items()}
        taken: dict[str, Path] = {}
        for labels in files_below(folder, PICTURES) if folder.is_dir() else ():
            stem = labels.relative_to(folder).with_suffix("").as_posix()
            kind = next((kind for kind in _KINDS if stem.endswith(kind)), "")
            if not stem.endswith(_OTHERS) and not (
                    kind == _KINDS[1] and stem.removesuffix(kind) in taken):
                taken[stem.removesuffix(kind)] = labels
        for stem, labels in taken.items():
            photo = photos.get(stem)
            file = photo.relative_to(top).as_posix() if photo else stem
            yield Pair(renamed.get(file, file), labels, photo, split)


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write `img_dir/SPLIT/`, `ann_dir/SPLIT/`, classes.csv, and dataset.py for a config."""
    suffixes: set[str] = set()

    def where(photo: LabelledPhoto, stem: str) -> tuple[Path, Path]:
        split = photo.split or "train"
        suffixes.add(suffix_of(photo))
        return (out / "img_dir" / split / (stem + suffix_of(photo)),
                out / "ann_dir" / split / f"{stem}.png")

    write_text(out / "classes.csv", csv_table(labelling.classes))
    count = write_pairs(labelling, options, out, where)
    write_text(out / "dataset.py", _config(labelling.classes, sorted(suffixes)))
    labelling.notes.append("Label 0 is the class background and 255 is ignored, so "
                           "reduce_zero_label must be False; dataset.py has the settings.")
    if len(suffixes) > 1:
        labelling.notes.append(f"Photos have several suffixes ({', '.join(sorted(suffixes))}), of "
                               "which mmsegmentation takes one; see img_suffix in dataset.py.")
    return count


def _config(classes: tuple[str, ...], suffixes: list[str]) -> str:
    names = json.dumps(["background", *classes], ensure_ascii=False)
    colours = palette(len(classes) + 1)[: len(classes) + 1].tolist()
    return f'''# Settings of a BaseSegDataset of mmsegmentation 1.x for this folder.
dataset = dict(
    type="BaseSegDataset",
    metainfo=dict(classes={names}, palette={colours}),
    data_prefix=dict(img_path="img_dir/train", seg_map_path="ann_dir/train"),
    img_suffix="{suffixes[0] if suffixes else ".jpg"}",
    seg_map_suffix=".png",
    reduce_zero_label=False,  # label 0 is the background, a class of its own
    ignore_index=255,
)
'''


FORMAT = Format(
    title="mmsegmentation", exact="exact", read=read, write=write,
    fits=fits, undecided="the value 255",
)
