"""COCO instances: one JSON file with masks as run lengths or polygons.

Annotations are not sorted by photo, so the file is read twice: first to index the positions of the
annotations, then photo by photo. The whole file is never in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Problem
from tag2mask.data.photos import photo_size
from tag2mask.interchange import rle
from tag2mask.interchange.coco_index import CocoIndex, Entry, rings_of
from tag2mask.interchange.coco_writing import write
from tag2mask.interchange.format import PRIVATE, Format, Labelling, ReadOptions
from tag2mask.interchange.json_items import Value, items
from tag2mask.interchange.labelled import Box, LabelledPhoto, Mask
from tag2mask.interchange.limits import checked_size, photo_file
from tag2mask.interchange.painting import Canvas
from tag2mask.interchange.polygons import fill


@dataclass(frozen=True, kw_only=True)
class _Shape:
    label: int
    mask: Mask | None
    box: Box | None
    crowd: bool

    @property
    def order(self) -> tuple[bool, int]:
        """Return a sort key: crowds first, then larger objects, so that small ones stay visible."""
        return not self.crowd, -int(self.mask.sum()) if self.mask is not None else 0


def fits(path: Path) -> bool:
    """Return whether a file, or a file in a folder, has the keys of COCO."""
    return bool(json_files(path, {"images", "annotations", "categories"}))


def json_files(path: Path, keys: set[str]) -> list[Path]:
    """Return the JSON files at `path` whose top-level object has these keys."""
    folders = (path, path / "annotations")
    files = [path] if path.is_file() else sorted(
        file for folder in folders if folder.is_dir() for file in folder.glob("*.json"))
    return [file for file in files if file.suffix.lower() == ".json" and _has(file, keys)]


def _has(file: Path, keys: set[str]) -> bool:
    """Return whether a file has the keys, reading only as far as needed since it may be large."""
    found: set[str] = set()
    try:
        for key, _, value in items(file):
            first = key not in found
            found.add(key)
            if key == "annotations" and first and isinstance(value, dict):
                found |= {"segments_info"} & value.keys()
                if ("segments_info" in keys) != ("segments_info" in found):
                    return False
            if "annotations" in found and found & {"images", "categories"}:
                return keys - {"images", "categories"} <= found
    except InputError:
        return False
    return False


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read a COCO file, or the only COCO file in a folder or in its `annotations/`."""
    found = [path] if path.is_file() else json_files(path, {"images", "annotations", "categories"})
    if len(found) != 1:
        what = ", ".join(file.name for file in found[:4]) or "no COCO file"
        raise InputError(f"{path} has {what}; give one file.")
    with CocoIndex.of(found[0]) as index:
        labelling = Labelling(classes=index.classes, photos=(), ids=index.ids,
                              problems=index.problems, notes=[])
        yield replace(labelling, photos=_photos(index, labelling, options))


def _photos(
    index: CocoIndex, labelling: Labelling, options: ReadOptions
) -> Iterator[LabelledPhoto]:
    overlapping = doubted = 0
    for image, found in index.images():
        where = f"image {image.get('id')}"
        try:
            file = photo_file(str(image.get("file_name") or ""), where=where)
            size = _size(index, image, file)
        except (InputError, ValueError) as error:
            labelling.problems.append(Problem(photo=where, why=str(error), left_out=True))
            continue
        shapes = list(_shapes(index, found, file, size, labelling))
        canvas = Canvas(size, options)
        for shape in sorted((s for s in shapes if s.mask is not None), key=lambda s: s.order):
            assert shape.mask is not None
            canvas.paint(shape.label, shape.mask)
        _undecided(image, canvas, labelling, file)
        boxed = tuple(shape.box for shape in shapes if shape.mask is None and shape.box)
        if index.has_masks and boxed:
            canvas.doubt(boxed)
            doubted += 1
        overlapping += canvas.overlaps > 0
        yield LabelledPhoto(
            file=file, path=index.photo(file), size=size, classes=index.classes,
            labels=canvas.finished() if index.has_masks else None,
            boxes=tuple(shape.box for shape in shapes if shape.box), split=index.split)
    if overlapping:
        labelling.notes.append(f"On {overlapping:,} photos annotations of two classes overlap; the "
                               "smaller one is on top.")
    if doubted:
        labelling.notes.append(f"On {doubted:,} photos some annotations are boxes without a mask; "
                               "what lies in those boxes alone is undecided.")


def _size(index: CocoIndex, image: Entry, file: str) -> tuple[int, int]:
    """Return the size of an image as given in the file, or else that of the photo beside it."""
    photo = index.photo(file) if image.get("height") is None else None
    return photo_size(photo) if photo else checked_size(image.get("height"), image.get("width"))


def _undecided(
    image: dict[str, Value], canvas: Canvas, labelling: Labelling, file: str
) -> None:
    found = image.get(PRIVATE)
    if isinstance(found, dict):
        try:
            canvas.undecided(rle.decode(rle.from_string(str(found.get("counts"))), canvas.size))
        except ValueError as error:
            labelling.problems.append(Problem(photo=file, why=f"Its undecided pixels: {error}."))


def _shapes(
    index: CocoIndex, annotations: list[dict[str, Value]], file: str, size: tuple[int, int],
    labelling: Labelling,
) -> Iterator[_Shape]:
    for found in annotations:
        where = f"annotation {found.get('id')}"
        label = index.label(found.get("category_id"))
        if label is None:
            why = f"{where} has the category {found.get('category_id')}, which is not listed."
            labelling.problems.append(Problem(photo=file, why=why))
            continue
        if label == 0:
            continue
        try:
            mask = segment(found.get("segmentation"), size)
            box = _box(found.get("bbox"), index.classes[label - 1])
        except (ValueError, TypeError, OverflowError) as error:
            labelling.problems.append(
                Problem(photo=file, why=f"{where} was left out: {error}."))
            continue
        yield _Shape(label=label, mask=mask, box=box, crowd=bool(found.get("iscrowd")))


def segment(found: Value, size: tuple[int, int]) -> Mask | None:
    """Decode a COCO `segmentation`: polygons, or run lengths as numbers or as a string.

    Returns:
        (H, W) bool, or None if there is none.

    Raises:
        ValueError: the segmentation is damaged.
    """
    if not found or rings_of(found) == []:
        return None
    if isinstance(found, dict):
        counts = found.get("counts")
        if list(size) != found.get("size"):
            raise ValueError(f"its mask has the size {found.get('size')}, the photo {list(size)}")
        runs = rle.from_string(counts) if isinstance(counts, str) else \
            np.array(counts, np.float64).astype(np.int64)
        return rle.decode(runs, size)
    if not isinstance(found, list):
        raise ValueError("its segmentation is neither polygons nor run lengths")
    mask = np.zeros(size, np.bool_)
    for ring in rings_of(found) or ():
        mask |= fill(np.array(ring, np.float64), size)
    if not mask.any():
        raise ValueError("its polygon holds no pixel of the photo")
    return mask


def _box(found: Value, name: str) -> Box | None:
    if not isinstance(found, list) or len(found) != 4:
        return None
    left, top, width, height = (float(value) for value in found)  # type: ignore[arg-type]
    if not (width > 0 and height > 0):
        return None
    return Box(class_name=name, left=left, top=top, right=left + width, bottom=top + height)


FORMAT = Format(
    title="COCO instances",
    exact="exact as run lengths; polygons to half a pixel", read=read, write=write, fits=fits,
    undecided="a field of the image's entry",
    shapes=True,
)
