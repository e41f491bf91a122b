"""Pascal VOC: masks in VOC's colours, boxes and classes in XML files, and lists of the splits.

labelmap.txt defines the colours, as in CVAT and Datumaro; without it the classes are those of VOC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE, InputError
from tag2mask.data.dataset import Problem
from tag2mask.data.masks import load_mask, palette
from tag2mask.data.readers.voc import CLASSES
from tag2mask.interchange.class_tables import ClassTable, read_table, table_of
from tag2mask.interchange.format import Format, Labelling, ReadOptions
from tag2mask.interchange.label_pngs import PICTURES, files_below, photos_by_stem, read_labels
from tag2mask.interchange.labelled import Box, LabelledPhoto, LabelMap
from tag2mask.interchange.limits import read_text, unpacked, xml_elements
from tag2mask.interchange.names import read_names
from tag2mask.interchange.shapes import lost, positive
from tag2mask.interchange.voc_writing import write

_LISTS = ("Segmentation", "Main")


def fits(path: Path) -> bool:
    """Return whether a folder has the subfolders of VOC."""
    return (path / "SegmentationClass").is_dir() or \
        ((path / "Annotations").is_dir() and any((path / "Annotations").rglob("*.xml")))


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read a folder, or a zip file exported by CVAT."""
    inside = path / "annotations.zip"  # written by the export to CVAT
    with unpacked(inside if inside.is_file() else path) as folder:
        if not fits(folder):
            raise InputError(f"{path} has neither SegmentationClass/ nor Annotations/; give the "
                             "folder that holds them.")
        boxes = {file.relative_to(folder / "Annotations").with_suffix("").as_posix(): file
                 for file in (folder / "Annotations").rglob("*.xml")}
        table = _table(folder, boxes)
        labelling = Labelling(classes=table.classes, photos=())
        tops = [top for top in (folder / "JPEGImages", folder / "images", path / "images")
                if top.is_dir()]
        photos = photos_by_stem(tops[0]) if tops else {}
        yield replace(labelling, photos=_photos(folder, boxes, table, labelling, photos))


def _table(folder: Path, boxes: dict[str, Path]) -> ClassTable:
    if (folder / "labelmap.txt").is_file():
        table = read_table(folder / "labelmap.txt")
    else:
        table = table_of(dict(enumerate(("background", *CLASSES))), {
            value: (red, green, blue) for value, (red, green, blue)
            in enumerate(palette(len(CLASSES) + 1)[: len(CLASSES) + 1].tolist())})
    named = {name for file in boxes.values() for name in _names(file)}
    more = tuple(sorted(named - set(table.classes)))
    if more and (folder / "SegmentationClass").is_dir() and not (folder / "labelmap.txt").is_file():
        raise InputError(f"{folder} has no labelmap.txt, and its class {more[0]!r} is none of "
                         "VOC's 20; add labelmap.txt with a line name:red,green,blue:: each.")
    unused = table.classes if (folder / "SegmentationClass").is_dir() or not more \
        else tuple(name for name in table.classes if name in named)
    return replace(table, classes=(*unused, *more))


def _names(file: Path) -> list[str]:
    try:
        return [name.strip() for found in xml_elements(file, "object")
                if (name := found.findtext("name"))]
    except InputError:
        return []


def _photos(
    folder: Path, boxes: dict[str, Path], table: ClassTable, labelling: Labelling,
    photos: dict[str, Path],
) -> Iterator[LabelledPhoto]:
    masks = {file.relative_to(folder / "SegmentationClass").with_suffix("").as_posix(): file
             for file in files_below(folder / "SegmentationClass", PICTURES)} \
        if (folder / "SegmentationClass").is_dir() else {}
    splits, renamed = _splits(folder), read_names(folder)
    for stem in sorted(masks.keys() | boxes.keys()):
        photo = photos.get(stem)
        file = f"{stem}{photo.suffix}" if photo else stem
        try:
            labels = read_labels(masks[stem], table) if stem in masks else None
            if labels is not None and (folder / "undecided" / f"{stem}.png").is_file():
                labels = _with_undecided(labels, folder / "undecided" / f"{stem}.png")
            found, size = _annotation(boxes[stem], labelling, file) if stem in boxes else ([], None)
        except InputError as error:
            labelling.problems.append(Problem(photo=file, why=str(error), left_out=True))
            continue
        size = (labels.shape[0], labels.shape[1]) if labels is not None else size
        if size is None:
            why = f"{stem}.xml does not say the photo's size."
            labelling.problems.append(Problem(photo=file, why=why, left_out=True))
            continue
        yield LabelledPhoto(file=renamed.get(file, file), path=photo, size=size,
                            classes=table.classes, labels=labels, boxes=tuple(found),
                            split=splits.get(stem))


def _with_undecided(labels: LabelMap, path: Path) -> LabelMap:
    """Restore undecided pixels of tag2mask's own export unless they have been labelled since."""
    unknown = load_mask(path, size=(labels.shape[0], labels.shape[1]), num_labels=1) == IGNORE
    return np.where(unknown & (labels == BACKGROUND), np.uint8(IGNORE), labels)


def _annotation(
    file: Path, labelling: Labelling, name: str
) -> tuple[list[Box], tuple[int, int] | None]:
    """Return boxes and size of a photo; VOC counts pixels from 1, with inclusive maxima."""
    boxes, size = [], None
    for element in xml_elements(file, "object", "size"):
        try:
            if element.tag == "size":
                size = (int(element.findtext("height") or ""), int(element.findtext("width") or ""))
                continue
            corners = element.find("bndbox")
            label = (element.findtext("name") or "").strip()
            if corners is None or not label:
                continue
            left, top, right, bottom = (float(corners.findtext(key) or "nan")
                                        for key in ("xmin", "ymin", "xmax", "ymax"))
            boxes.append(positive(label, left - 1, top - 1, right, bottom))
        except ValueError as error:
            lost(labelling, name, f"An {element.tag}", error)
    return boxes, size if size and min(size) > 0 else None


def _splits(folder: Path) -> dict[str, str]:
    """Return the split of each photo; a line is a name, which may contain spaces."""
    found: dict[str, str] = {}
    for kind in _LISTS:
        for split in ("test", "val", "train"):
            path = folder / "ImageSets" / kind / f"{split}.txt"
            for line in read_text(path).splitlines() if path.is_file() else ():
                found[line.strip().strip('"')] = split
    return found


FORMAT = Format(
    title="Pascal VOC", exact="exact", read=read, write=write, fits=fits,
    undecided="VOC's void (255)",
)
