"""mmsegmentation's folders, `img_dir/` and `ann_dir/`, as Cityscapes-like data sets have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.data.masks import palette
from tag2mask.interchange.class_tables import csv_table, find_table, read_table
from tag2mask.interchange.formats import Format, Labelling, ReadOptions, WriteOptions
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


def fits(path: Path) -> bool:
    """Say whether there are `img_dir` and `ann_dir`."""
    return (path / "img_dir").is_dir() and (path / "ann_dir").is_dir()


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read `ann_dir/SPLIT/`, with a class table beside it."""
    if not fits(path):
        raise InputError(f"{path} has no img_dir and ann_dir; give the folder that holds them.")
    found = find_table(path)
    if found is None:
        raise InputError(f"{path} has no class table; add classes.csv with label,name.")
    table = read_table(found)
    labelling = Labelling(classes=table.classes, photos=(), problems=[], notes=[])
    yield replace(labelling, photos=read_pairs(list(_pairs(path)), table, labelling))


def _pairs(path: Path) -> Iterator[Pair]:
    renamed = read_names(path)
    for split in _SPLITS:
        folder = path / "ann_dir" / split
        photos = photos_by_stem(path / "img_dir" / split)
        for labels in files_below(folder, PICTURES) if folder.is_dir() else ():
            stem = labels.relative_to(folder).with_suffix("").as_posix()
            photo = photos.get(stem) or photos.get(stem.removesuffix("_labelTrainIds"))
            file = photo.relative_to(path / "img_dir" / split).as_posix() if photo else stem
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
