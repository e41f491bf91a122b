"""YOLO segmentation: one text file per photo, one contour per line, relative to the photo's size.

A line is one ring, so holes are connected to the outline by zero-width bridges. The format cannot
express undecided pixels; they are stored as images in `undecided/`, which other tools ignore.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.core.files import write_text
from tag2mask.data.dataset import Problem
from tag2mask.data.masks import load_mask, save_mask
from tag2mask.data.photos import photo_size
from tag2mask.interchange.class_tables import table_of, yaml_names, yaml_text
from tag2mask.interchange.format import (
    UNDECIDED,
    Format,
    Labelling,
    ReadOptions,
    WriteOptions,
)
from tag2mask.interchange.label_pngs import photos_by_stem, suffix_of
from tag2mask.interchange.labelled import Box, LabelledPhoto, Mask
from tag2mask.interchange.limits import read_text
from tag2mask.interchange.names import Names, csv_text, read_names
from tag2mask.interchange.painting import Canvas
from tag2mask.interchange.pictures import Pictures
from tag2mask.interchange.polygons import bridged, fill, simplify, trace
from tag2mask.interchange.yolo_layout import (
    beside,
    has_key,
    open_yaml,
    photo_folders,
    split_lines,
)

TABLE = "contours.csv"


def fits(path: Path) -> bool:
    """Return whether there is a data.yaml with labels beside it."""
    return has_key(path, "names")


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read data.yaml and the text files of its photos."""
    found, content = open_yaml(path)
    names = yaml_names(content, found)
    table = table_of(names)
    labelling = Labelling(classes=table.classes, photos=(), problems=[], notes=[])
    yield replace(labelling, photos=_photos(found, content, table.values, labelling, options))


def _photos(
    found: Path, content: dict[str, object], values: dict[int, int], labelling: Labelling,
    options: ReadOptions,
) -> Iterator[LabelledPhoto]:
    renamed, any_contour = read_names(found.parent), _any_contour(found.parent)
    for split, folder in photo_folders(found, content):
        for stem, photo in photos_by_stem(folder).items():
            file = renamed.get(f"{stem}{photo.suffix}", f"{stem}{photo.suffix}")
            labels = beside(folder, "labels") / f"{stem}.txt"
            if not labels.is_file():
                continue
            try:
                size = photo_size(photo)
                shapes = list(_shapes(labels, size, values, labelling, file))
            except InputError as error:
                labelling.problems.append(Problem(photo=file, why=str(error), left_out=True))
                continue
            yield _photo(file, photo, size, shapes, labelling, options, split,
                         beside(folder, "undecided") / f"{stem}.png", any_contour)


def _photo(
    file: str, photo: Path, size: tuple[int, int], shapes: list[tuple[int, Mask | Box]],
    labelling: Labelling, options: ReadOptions, split: str, undecided: Path, masks: bool,
) -> LabelledPhoto:
    canvas = Canvas(size, options)
    drawn = [(label, shape) for label, shape in shapes if not isinstance(shape, Box)]
    for label, mask in sorted(drawn, key=lambda item: -int(item[1].sum())):
        if label < IGNORE:
            canvas.paint(label, mask)
    for _, mask in (item for item in drawn if item[0] == IGNORE):
        canvas.undecided(mask)
    boxes = tuple(shape for label, shape in shapes if isinstance(shape, Box) and label < IGNORE)
    if undecided.is_file():
        canvas.undecided(load_mask(undecided, size=size, num_labels=1) == IGNORE)
    if masks:
        canvas.doubt(boxes)
    return LabelledPhoto(file=file, path=photo, size=size, classes=labelling.classes,
                         labels=canvas.finished() if masks else None, boxes=boxes, split=split)


def _any_contour(root: Path) -> bool:
    """Return whether the data set has contours; one with boxes only has no pixel labels."""
    boxes = False
    for path in root.rglob("labels/**/*.txt"):
        for line in read_text(path).splitlines():
            if len(line.split()) > 5:
                return True
            boxes |= bool(line.strip())
    return not boxes


def _shapes(
    path: Path, size: tuple[int, int], values: dict[int, int], labelling: Labelling, file: str
) -> Iterator[tuple[int, Mask | Box]]:
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            cells = [float(cell) for cell in line.split()]
            label = values.get(int(cells[0])) if cells[0] == int(cells[0]) else None
            if label is None:
                raise ValueError(f"the class {line.split()[0]} is not in data.yaml")
            if label:
                name = labelling.classes[label - 1] if label < IGNORE else UNDECIDED
                yield label, _shape(np.array(cells[1:]), size, name)
        except (ValueError, OverflowError) as error:
            why = f"{path.name}, line {number} was left out: {error}."
            labelling.problems.append(Problem(photo=file, why=why))


def _shape(cells: np.ndarray, size: tuple[int, int], name: str) -> Mask | Box:
    height, width = size
    if len(cells) == 4:
        x, y, wide, tall = cells * (width, height, width, height)
        return Box(class_name=name, left=x - wide / 2, top=y - tall / 2, right=x + wide / 2,
                   bottom=y + tall / 2)
    if len(cells) % 2:
        raise ValueError("it has a number too many or too few")
    mask = fill(cells.reshape(-1, 2) * (width, height), size)
    if not mask.any():
        raise ValueError("its contour holds no pixel of the photo")
    return mask


@dataclass
class _Table:
    rows: list[list[object]] = field(default_factory=list)
    holes: int = 0
    worst: float = 1.0


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write `images/SPLIT/`, `labels/SPLIT/`, `data.yaml`, and the error of contours per photo."""
    pictures, names, table, used = Pictures(labelling, options.images), Names(), _Table(), set()
    for photo in labelling.photos:
        split, stem = photo.split or "train", names.stem(photo.file)
        used.add(split)
        pictures.place(photo, out / "images" / split / (stem + suffix_of(photo)))
        lines = [*_lines(photo, options, table), *_box_lines(photo)]
        write_text(out / "labels" / split / f"{stem}.txt", "".join(f"{line}\n" for line in lines))
        if (undecided := photo.undecided()) is not None:
            save_mask(out / "undecided" / split / f"{stem}.png",
                      np.where(undecided, np.uint8(IGNORE), np.uint8(0)), num_labels=1)
    names.write(out)
    pictures.note()
    write_text(out / "data.yaml", yaml_text(split_lines(used, labelling),
                                            dict(enumerate(labelling.classes))))
    write_text(out / TABLE, csv_text([["image", "contours", "holes_bridged", "iou"], *table.rows]))
    if table.holes:
        labelling.notes.append(f"{table.holes:,} holes were bridged, since a line is one contour.")
    labelling.notes.append(f"{TABLE} has the IoU of contours and masks per photo; the lowest is "
                           f"{table.worst:.4f}.")
    return len(table.rows)


def _lines(photo: LabelledPhoto, options: WriteOptions, table: _Table) -> Iterator[str]:
    if photo.labels is None:
        table.rows.append([photo.file, 0, 0, ""])
        return
    drawn = np.zeros(photo.size, np.uint8)
    holes = count = 0
    for region in photo.regions(parts=False):
        for contour in trace(region.mask, left=region.left, top=region.top):
            ring = simplify(bridged(contour), options.simplify)
            shares = np.round(ring / (photo.size[1], photo.size[0]), 7)
            drawn[fill(shares * (photo.size[1], photo.size[0]), photo.size)] = region.label
            holes, count = holes + len(contour.holes), count + 1
            yield " ".join([str(region.label - 1), *(f"{v:.7g}" for v in shares.ravel().tolist())])
    solid = np.where(photo.labels == IGNORE, np.uint8(0), photo.labels)
    union = int(np.count_nonzero((solid > 0) | (drawn > 0)))
    iou = np.count_nonzero((solid == drawn) & (solid > 0)) / union if union else 1.0
    table.rows.append([photo.file, count, holes, f"{iou:.6f}"])
    table.holes, table.worst = table.holes + holes, min(table.worst, iou)


def _box_lines(photo: LabelledPhoto) -> Iterator[str]:
    """Yield the boxes of a photo without label map; Ultralytics refuses both in one file."""
    height, width = photo.size
    for box in photo.boxes if photo.labels is None else ():
        cells = ((box.left + box.right) / 2 / width, (box.top + box.bottom) / 2 / height,
                 (box.right - box.left) / width, (box.bottom - box.top) / height)
        label = photo.classes.index(box.class_name)
        yield " ".join([str(label), *(f"{v:.7g}" for v in cells)])


FORMAT = Format(
    title="Ultralytics YOLO", exact="nearly: holes are bridged; contours.csv says how near",
    read=read, write=write, fits=fits, undecided="pictures in undecided/",
    shapes=True,
)
