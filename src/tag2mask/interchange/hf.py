"""Hugging Face `datasets`: an image folder per split with metadata.jsonl and a column of masks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from tag2mask.core.contracts import InputError
from tag2mask.core.files import atomic_path, write_text
from tag2mask.data.dataset import Problem
from tag2mask.interchange.class_tables import ClassTable, csv_table, find_table, read_table
from tag2mask.interchange.format import Format, Labelling, ReadOptions, WriteOptions
from tag2mask.interchange.label_pngs import Pair, read_pairs, save_grey, suffix_of
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.limits import below, photo_file, read_text
from tag2mask.interchange.names import Names, read_names
from tag2mask.interchange.pictures import Pictures

FILE = "metadata.jsonl"
_SPLITS = {"train": "train", "val": "validation", "test": "test"}
_MASKS = ("mask_file_name", "label_file_name", "annotation_file_name")


def fits(path: Path) -> bool:
    """Return whether there is a metadata.jsonl with a column of masks."""
    for file in _tables(path):
        with file.open(encoding="utf-8", errors="replace") as lines:
            first = lines.readline()
        if any(f'"{name}"' in first for name in _MASKS):
            return True
    return False


def _tables(path: Path) -> list[Path]:
    return [file for file in (path / FILE, *sorted(path.glob(f"*/{FILE}"))) if file.is_file()]


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read the rows of metadata.jsonl and the masks they refer to."""
    if not _tables(path):
        raise InputError(f"{path} has no {FILE}; give the folder that holds it.")
    found = find_table(path)
    if found is None:
        raise InputError(f"{path} has no class table; add classes.csv with label,name.")
    table = read_table(found)
    labelling = Labelling(classes=table.classes, photos=())
    yield replace(labelling, photos=_photos(path, table, labelling))


def _photos(path: Path, table: ClassTable, labelling: Labelling) -> Iterator[LabelledPhoto]:
    renamed = read_names(path)
    back = {name: split for split, name in _SPLITS.items()}
    for file in _tables(path):
        split = back.get(file.parent.name) if file.parent != path else None
        for number, line in enumerate(read_text(file).splitlines(), start=1):
            if not line.strip():
                continue
            try:
                pair = _pair(file, number, line, split)
            except InputError as error:
                labelling.problems.append(Problem(photo=file.name, why=str(error), left_out=True))
                continue
            pair = replace(pair, file=renamed.get(pair.file, pair.file))
            yield from read_pairs([pair], table, labelling)


def _pair(file: Path, number: int, line: str, split: str | None) -> Pair:
    where = f"{file}, line {number}"
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where} is no JSON ({error}); fix or remove it.") from error
    mask = next((row[name] for name in _MASKS if isinstance(row.get(name), str)), None) \
        if isinstance(row, dict) else None
    if mask is None:
        raise InputError(f"{where} names no mask; add mask_file_name.")
    photo = photo_file(str(row.get("file_name") or ""), where=where)
    there = file.parent / photo
    return Pair(below(photo, "images"), file.parent / photo_file(mask, where=where),
                there if there.is_file() else None, split)


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write SPLIT/images/, SPLIT/masks/ and SPLIT/metadata.jsonl."""
    pictures, names, count = Pictures(labelling, options.images), Names(), 0
    write_text(out / "classes.csv", csv_table(labelling.classes))
    with ExitStack() as stack:
        tables: dict[str, TextIO] = {}
        for photo in labelling.photos:
            if photo.labels is None:
                continue
            split, stem = _SPLITS[photo.split or "train"], names.stem(photo.file)
            if split not in tables:
                temporary = stack.enter_context(atomic_path(out / split / FILE))
                tables[split] = stack.enter_context(temporary.open("w", encoding="utf-8"))
            pictures.place(photo, out / split / "images" / (stem + suffix_of(photo)))
            save_grey(out / split / "masks" / f"{stem}.png", photo.labels)
            row = {"file_name": f"images/{stem}{suffix_of(photo)}",
                   "mask_file_name": f"masks/{stem}.png",
                   "classes": [name for name in labelling.classes if name in photo.shown],
                   "trust": photo.trust}
            tables[split].write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    names.write(out)
    pictures.note()
    labelling.notes.append("Load it with datasets.load_dataset('imagefolder', data_dir=...); the "
                           "column mask has the labels, whose names are in classes.csv.")
    return count


FORMAT = Format(
    title="Hugging Face datasets", exact="exact", read=read, write=write, fits=fits,
    undecided="the value 255",
)
