"""CVAT for images 1.1: an XML file with masks, polygons, boxes, points, lines and tags.

The run lengths of a mask follow the rows of its bounding box and start with pixels outside of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Problem
from tag2mask.interchange import rle
from tag2mask.interchange.cvat_writing import FILE, SPLIT, write
from tag2mask.interchange.format import PRIVATE, Format, Labelling, ReadOptions
from tag2mask.interchange.labelled import Box, LabelledPhoto, Point
from tag2mask.interchange.limits import checked_size, photo_file, unpacked, xml_elements
from tag2mask.interchange.polygons import fill, line
from tag2mask.interchange.shapes import (
    Drawn,
    Painter,
    Shapes,
    ellipse,
    foreground,
    lost,
    nonempty,
    positive,
    restore_undecided,
    rotated_box,
)

_AREAS = ("mask", "polygon", "polyline", "ellipse")


def fits(path: Path) -> bool:
    """Return whether there is an XML file in CVAT's format."""
    found = path if path.suffix.lower() == ".xml" else path / FILE
    if path.suffix.lower() == ".zip":
        import zipfile

        return zipfile.is_zipfile(path) and FILE in zipfile.ZipFile(path).namelist()
    try:
        return found.is_file() and next(xml_elements(found, "version", "image"), None) is not None
    except InputError:
        return False


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read an XML file, a folder with one, or a zip file exported by CVAT."""
    if path.suffix.lower() == ".xml":
        yield _read(path, options)
        return
    with unpacked(path) as folder:
        if not (folder / FILE).is_file():
            raise InputError(f"{path} holds no {FILE}; export as CVAT for images 1.1.")
        yield _read(folder / FILE, options)


def _read(path: Path, options: ReadOptions) -> Labelling:
    listed: list[str] = []
    used: list[str] = []
    kinds: set[str] = set()
    tracks = 0
    for element in xml_elements(path, "label", "image", "track"):
        if element.tag == "label":
            listed.append((element.findtext("name") or "").strip())
        elif element.tag == "track":
            tracks += 1
        for shape in element if element.tag == "image" else ():
            kinds.add(shape.tag)
            used.append(shape.get("label", "").strip())
    labelling = Labelling(classes=foreground([n for n in (*listed, *used) if n]), photos=())
    if tracks:
        labelling.problems.append(Problem(photo=path.name, why=f"{tracks:,} tracks of a video were "
                                          "left out; export as CVAT for images 1.1."))
    areas = bool(kinds & set(_AREAS)) or not kinds - {"tag"}
    painter = Painter(labelling=labelling, options=options, areas=areas)
    return replace(labelling, photos=_photos(path, painter))


def _photos(path: Path, painter: Painter) -> Iterator[LabelledPhoto]:
    labelling = painter.labelling
    for element in xml_elements(path, "image"):
        where = f"image {element.get('id')}"
        try:
            file = photo_file(element.get("name", ""), where=where)
            size = checked_size(int(element.get("height", "")), int(element.get("width", "")))
        except (InputError, ValueError) as error:
            labelling.problems.append(Problem(photo=where, why=str(error), left_out=True))
            continue
        shapes = Shapes()
        for shape in sorted(element, key=lambda shape: _number(shape, "z_order", 0)):
            try:
                _add(shapes, shape, size)
            except (ValueError, KeyError, OverflowError) as error:
                lost(labelling, file, f"A {shape.tag}", error)
        restore_undecided(shapes, element.get(PRIVATE) or None, size, labelling, file)
        yield painter.photo(shapes, file=file, path=_beside(path, file), size=size,
                            split=_split(element.get("subset") or element.get(SPLIT) or ""))
    painter.note()


def _split(subset: str) -> str | None:
    return {"train": "train", "val": "val", "validation": "val", "test": "test"}.get(subset.lower())


def _beside(path: Path, file: str) -> Path | None:
    found = (path.parent / "images" / file, path.parent / file)
    return next((photo for photo in found if photo.is_file()), None)


def _number(shape: Element, key: str, default: float) -> float:
    try:
        return float(shape.get(key, default))
    except ValueError:
        return default


def _corners(shape: Element) -> np.ndarray:
    pairs = [pair.split(",") for pair in shape.attrib["points"].split(";")]
    return np.array([[float(x), float(y)] for x, y in pairs])


def _add(shapes: Shapes, shape: Element, size: tuple[int, int]) -> None:
    kind, name = shape.tag, shape.get("label", "").strip()
    if not name:
        raise ValueError("it has no label")
    if kind == "mask":
        shapes.drawn.append(_mask(shape, name, size))
    elif kind == "polygon":
        shapes.drawn.append(nonempty(Drawn(name, fill(_corners(shape), size))))
    elif kind == "polyline":
        shapes.drawn.append(nonempty(Drawn(name, line(_corners(shape), size))))
    elif kind == "ellipse":
        x, y, across, down = (float(shape.attrib[key]) for key in ("cx", "cy", "rx", "ry"))
        ring = ellipse(x, y, across, down, _number(shape, "rotation", 0))
        shapes.drawn.append(nonempty(Drawn(name, fill(ring, size))))
    elif kind == "points":
        shapes.points += [Point(class_name=name, x=x, y=y) for x, y in _corners(shape).tolist()]
    elif kind == "box":
        shapes.boxes.append(_box(shape, name))
    elif kind == "tag":
        shapes.tags.add(name)
    else:
        raise ValueError("shapes of this kind are not known")


def _mask(shape: Element, name: str, size: tuple[int, int]) -> Drawn:
    left, top, width, height = (int(float(shape.attrib[key]))
                                for key in ("left", "top", "width", "height"))
    if left < 0 or top < 0 or width < 1 or height < 1 or left + width > size[1] \
            or top + height > size[0]:
        raise ValueError("its box lies outside of the photo")
    counts = np.array([int(run) for run in shape.attrib["rle"].split(",")], np.int64)
    return Drawn(name, rle.from_runs(counts, width * height).reshape(height, width), left, top)


def _box(shape: Element, name: str) -> Box:
    left, top, right, bottom = (float(shape.attrib[key]) for key in ("xtl", "ytl", "xbr", "ybr"))
    degrees = _number(shape, "rotation", 0)
    if degrees:
        ring = rotated_box(name, left, top, right - left, bottom - top, degrees, about_corner=False)
        (left, top), (right, bottom) = ring.min(axis=0).tolist(), ring.max(axis=0).tolist()
    return positive(name, left, top, right, bottom)


FORMAT = Format(
    title="CVAT for images 1.1", exact="exact as masks; polygons to half a pixel", read=read,
    write=write, fits=fits, undecided="an attribute, lost in CVAT",
    shapes=True,
)
