"""Ultralytics semantic segmentation: label PNGs in `masks/`, and data.yaml with `masks_dir`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tag2mask.core.files import write_text
from tag2mask.interchange.class_tables import table_of, yaml_names, yaml_text
from tag2mask.interchange.format import Format, Labelling, ReadOptions, WriteOptions
from tag2mask.interchange.label_pngs import (
    PICTURES,
    Pair,
    photos_by_stem,
    read_pairs,
    suffix_of,
    write_pairs,
)
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.names import read_names
from tag2mask.interchange.yolo_layout import (
    beside,
    has_key,
    open_yaml,
    photo_folders,
    split_lines,
)


def fits(path: Path) -> bool:
    """Return whether there is a data.yaml with a folder of masks."""
    return has_key(path, "masks_dir")


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read data.yaml and the label images of its photos."""
    found, content = open_yaml(path)
    table = table_of(yaml_names(content, found))
    labelling = Labelling(classes=table.classes, photos=(), problems=[], notes=[])
    pairs = list(_pairs(found, content))
    yield replace(labelling, photos=read_pairs(pairs, table, labelling))


def _pairs(found: Path, content: dict[str, object]) -> Iterator[Pair]:
    renamed = read_names(found.parent)
    masks = str(content.get("masks_dir") or "masks")
    for split, folder in photo_folders(found, content):
        parts = ("images" if part == masks else part for part in folder.parts)
        labels = beside(Path(*parts), masks)
        for stem, photo in photos_by_stem(folder).items():
            file = f"{stem}{photo.suffix}"
            for suffix in PICTURES:
                if (labels / f"{stem}{suffix}").is_file():
                    yield Pair(renamed.get(file, file), labels / f"{stem}{suffix}", photo, split)
                    break


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write `images/SPLIT/`, `masks/SPLIT/` and `data.yaml`; class 0 is the background."""
    used: set[str] = set()

    def where(photo: LabelledPhoto, stem: str) -> tuple[Path, Path]:
        split = photo.split or "train"
        used.add(split)
        return (out / "images" / split / (stem + suffix_of(photo)),
                out / "masks" / split / f"{stem}.png")

    count = write_pairs(labelling, options, out, where)
    names = dict(enumerate(("background", *labelling.classes)))
    write_text(out / "data.yaml",
               yaml_text({**split_lines(used, labelling), "masks_dir": "masks"}, names))
    return count


FORMAT = Format(
    title="Ultralytics semantic", exact="exact", read=read, write=write, fits=fits,
    undecided="the value 255",
)
