"""A smaller data set out of a larger one, for benchmarks that would take hours on all of it."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tag2mask.core.files import write_text
from tag2mask.data import read_dataset
from tag2mask.data.dataset import Dataset, Photo


def write_part(root: Path, out: Path, numbers: Sequence[int]) -> Path:
    """Link evenly spaced photos of a data set with `tags.csv` into a new folder, with their masks.

    Args:
        root: the data set; its annotations are left out.
        out: the new folder, which is replaced.
        numbers: how many photos of the splits train and val; all where there are fewer.

    Returns:
        `out`.
    """
    dataset = read_dataset(root)
    shutil.rmtree(out, ignore_errors=True)
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    table.writerow(["image", "tags", "split"])
    for split, number in zip(("train", "val"), numbers, strict=True):
        photos = dataset.split(split)
        for place in np.unique(np.linspace(0, len(photos) - 1, number).round().astype(int)):
            table.writerow(_row(dataset, photos[place], split))
            _link(dataset.root, out, photos[place])
    write_text(out / "tags.csv", rows.getvalue())
    write_text(out / "classes.txt", "\n".join(["background", *dataset.classes, ""]))
    return out


def _row(dataset: Dataset, photo: Photo, split: str) -> list[str]:
    tags = ";".join(dataset.classes[tag] for tag in photo.tags)
    return [photo.path.relative_to(dataset.root).as_posix(), tags, split]


def _link(root: Path, out: Path, photo: Photo) -> None:
    for path in filter(None, (photo.path, photo.mask)):
        new = out / path.relative_to(root)
        new.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, new)
