"""labelme: a JSON file beside each photo, with masks, polygons, rectangles, points and lines.

A shape of the type "mask" contains an image of its bounding box, including the last row and column.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import cast

import numpy as np
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.data.dataset import Problem
from tag2mask.interchange import rle
from tag2mask.interchange.format import PRIVATE, Format, Labelling, ReadOptions, WriteOptions
from tag2mask.interchange.json_items import Value
from tag2mask.interchange.label_pngs import files_below
from tag2mask.interchange.labelled import LabelledPhoto, Point
from tag2mask.interchange.labelme_shapes import written
from tag2mask.interchange.limits import checked_size, photo_file, read_text
from tag2mask.interchange.names import Names, read_names
from tag2mask.interchange.pictures import Pictures
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
)

Entry = dict[str, Value]
_PLACES = ("rectangle", "point", "points")


def fits(path: Path) -> bool:
    """Return whether a JSON file, or the first one in a folder, has shapes and a photo."""
    return first_entry(path) is not None


def first_entry(path: Path) -> Entry | None:
    """Return the content of the first JSON file with shapes, or None if there is none."""
    for file in _files(path)[:20]:
        try:
            return _content(file)
        except InputError:
            continue
    return None


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return files_below(path, (".json",))
    return [path] if path.suffix.lower() == ".json" else []


def _content(file: Path) -> Entry:
    try:
        found = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is no JSON, or is cut short ({error}).") from error
    if not isinstance(found, dict) or not isinstance(found.get("shapes"), list) \
            or "imagePath" not in found:
        raise InputError(f"{file} has no shapes and imagePath; it is no file of labelme's.")
    return found


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read a JSON file, or all JSON files below a folder."""
    files = _files(path)
    names: list[str] = []
    kinds: set[str] = set()
    labelling = Labelling(classes=(), photos=())
    for file in files:
        try:
            for shape in cast("list[Value]", _content(file)["shapes"]):
                if isinstance(shape, dict):
                    names.append(str(shape.get("label") or "").strip())
                    kinds.add(str(shape.get("shape_type") or "polygon"))
        except InputError as error:
            labelling.problems.append(Problem(photo=file.name, why=str(error), left_out=True))
    labelling = Labelling(classes=foreground([name for name in names if name]), photos=(),
                          problems=labelling.problems)
    areas = bool(kinds - set(_PLACES)) or not kinds
    painter = Painter(labelling=labelling, options=options, areas=areas)
    root = path if path.is_dir() else path.parent
    yield replace(labelling, photos=_photos(files, root, painter))


def _photos(files: list[Path], root: Path, painter: Painter) -> Iterator[LabelledPhoto]:
    labelling, renamed = painter.labelling, read_names(root)
    for path in files:
        try:
            content = _content(path)
        except InputError:
            continue  # noted when the classes were collected
        try:
            beside = photo_file(PurePosixPath(str(content["imagePath"]).replace("\\", "/")).name,
                                where=path.name)
            file = (PurePosixPath(path.relative_to(root).parent.as_posix()) / beside).as_posix()
            size = checked_size(content.get("imageHeight"), content.get("imageWidth"))
        except (InputError, ValueError) as error:
            labelling.problems.append(Problem(photo=path.name, why=f"{path.name}: {error}",
                                              left_out=True))
            continue
        shapes = _shapes(content, size, labelling, file)
        photo = path.parent / beside
        yield painter.photo(shapes, file=renamed.get(file, file), size=size,
                            path=photo if photo.is_file() else None)
    painter.note()


def _shapes(
    content: Entry, size: tuple[int, int], labelling: Labelling, file: str
) -> Shapes:
    shapes = Shapes()
    for at, shape in enumerate(cast("list[Value]", content["shapes"]), start=1):
        try:
            if not isinstance(shape, dict) or not str(shape.get("label") or "").strip():
                raise ValueError("it has no label")
            _add(shapes, shape, str(shape["label"]).strip(), size)
        except (ValueError, TypeError, OverflowError) as error:
            lost(labelling, file, f"The shape {at}", error)
    flags = content.get("flags")
    if isinstance(flags, dict):
        shapes.tags |= {name for name, on in flags.items() if on and name in labelling.classes}
    restore_undecided(shapes, content.get(PRIVATE), size, labelling, file)
    return shapes


def _add(shapes: Shapes, shape: Entry, name: str, size: tuple[int, int]) -> None:
    kind = str(shape.get("shape_type") or "polygon")
    points = np.array(shape.get("points") or [], np.float64).reshape(-1, 2)
    if not len(points) or not np.isfinite(points).all():
        raise ValueError("it has no points, or one that is no number")
    if kind == "mask":
        shapes.drawn.append(_mask(shape, name, points, size))
    elif kind in ("polygon", "rotation", "oriented_rectangle", "quadrilateral"):
        shapes.drawn.append(nonempty(Drawn(name, fill(points, size))))
    elif kind == "circle":
        radius = float(np.hypot(*(points[-1] - points[0])))
        x, y = points[0].tolist()
        shapes.drawn.append(nonempty(Drawn(name, fill(ellipse(x, y, radius, radius), size))))
    elif kind in ("line", "linestrip"):
        shapes.drawn.append(nonempty(Drawn(name, line(points, size))))
    elif kind in ("point", "points"):
        shapes.points += [Point(class_name=name, x=x, y=y) for x, y in points.tolist()]
    elif kind == "rectangle":
        if len(points) < 2:
            raise ValueError("a rectangle needs two corners")
        shapes.boxes.append(positive(name, *points.min(axis=0).tolist(),
                                     *points.max(axis=0).tolist()))
    else:
        raise ValueError(f"shapes of the type {kind!r} are not known")


def _mask(shape: Entry, name: str, points: np.ndarray, size: tuple[int, int]) -> Drawn:
    left, top = (int(value) for value in points[0])
    try:
        packed = base64.b64decode(str(shape.get("mask") or ""), validate=True)
        with Image.open(io.BytesIO(packed), formats=("PNG",)) as picture:
            width, height = picture.size
            if left < 0 or top < 0 or left + width > size[1] or top + height > size[0]:
                raise ValueError("its mask reaches beyond the photo")
            mask = np.asarray(picture.convert("L")) > 0
    except (binascii.Error, OSError, SyntaxError) as error:
        raise ValueError("its mask is no picture") from error
    return nonempty(Drawn(name, mask, left, top))


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write a JSON file beside each photo, with regions as shapes of the type "mask"."""
    return write_files(labelling, out, options, x_anylabeling=False)


def write_files(
    labelling: Labelling, out: Path, options: WriteOptions, *, x_anylabeling: bool
) -> int:
    """Write a JSON file per photo, with the fields of labelme or of X-AnyLabeling."""
    pictures, names, count = Pictures(labelling, options.images), Names(), 0
    for photo in labelling.photos:
        stem = names.stem(photo.file)
        file = stem + Path(photo.file).suffix
        pictures.place(photo, out / file)
        content: dict[str, object] = {
            "version": "2.5.4" if x_anylabeling else "5.5.0", "flags": {},
            **({"checked": False} if x_anylabeling else {}),
            "shapes": list(written(photo, options, x_anylabeling=x_anylabeling)),
            "imagePath": PurePosixPath(file).name, "imageData": None,
            "imageHeight": photo.size[0], "imageWidth": photo.size[1]}
        undecided = photo.undecided()
        if undecided is not None:
            content[PRIVATE] = rle.to_string(rle.encode(undecided))
        write_text(out / f"{stem}.json", json.dumps(content, ensure_ascii=False, indent=1) + "\n")
        count += 1
    names.write(out)
    pictures.note()
    return count


FORMAT = Format(
    title="labelme", exact="exact as masks; polygons to half a pixel", read=read, write=write,
    fits=fits, undecided="a field of the file",
    shapes=True,
)
