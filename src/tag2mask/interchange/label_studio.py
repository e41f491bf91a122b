"""Label Studio: a JSON list of tasks, with brush masks, polygons, rectangles and key points.

Masks are exported as `predictions`, which Label Studio shows as pre-annotations and sorts by score.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Problem
from tag2mask.data.photos import SUFFIXES, photo_size
from tag2mask.interchange import brush
from tag2mask.interchange.format import PRIVATE, Format, Labelling, ReadOptions
from tag2mask.interchange.json_items import Items, Value, items
from tag2mask.interchange.label_studio_writing import FILE, write
from tag2mask.interchange.labelled import LabelledPhoto, Point
from tag2mask.interchange.limits import checked_size, photo_file
from tag2mask.interchange.polygons import fill
from tag2mask.interchange.shapes import (
    Drawn,
    Painter,
    Shapes,
    ellipse,
    foreground,
    lost,
    positive,
    restore_undecided,
    rotated_box,
)

_AREAS = ("brushlabels", "polygonlabels", "ellipselabels")
_PLACES = ("rectanglelabels", "keypointlabels")
_LABELS = (*_AREAS, *_PLACES, "labels")
Entry = dict[str, Value]


def fits(path: Path) -> bool:
    """Return whether a file, or tasks.json in a folder, is a list of tasks."""
    found = path / FILE if path.is_dir() else path
    if found.suffix.lower() != ".json" or not found.is_file():
        return False
    try:
        key, _, first = next(items(found), ("?", (0, 0), None))
    except InputError:
        return False
    return key == "" and isinstance(first, dict) and "data" in first and \
        bool({"annotations", "predictions", "completions"} & first.keys())


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read a JSON export of Label Studio; the last annotation of each task is used."""
    found = path / FILE if path.is_dir() else path
    reader = Items(found)
    try:
        source, names, kinds = _content(found, reader)
        labelling = Labelling(classes=foreground(names), photos=())
        areas = bool(kinds & set(_AREAS)) or not kinds & set(_PLACES)
        painter = Painter(labelling=labelling, options=options, areas=areas)
        yield replace(labelling, photos=_photos(found, reader, source, painter))
    finally:
        reader.close()


def _content(path: Path, reader: Items) -> tuple[str, list[str], set[str]]:
    """Return what to read, annotations if there are any, with its class names and its kinds."""
    annotated = False
    names: dict[str, list[str]] = {"annotations": [], "predictions": []}
    kinds: dict[str, set[str]] = {source: set() for source in names}
    for _, span, _ in items(path):
        task = reader.read(span)
        if not isinstance(task, dict):
            continue
        for source in names:
            results = _results(task, source)
            annotated |= source == "annotations" and bool(results)
            for entry in results[-1] if results else ():
                kinds[source].add(_kind(entry))
                names[source].extend(_names(entry))
    source = "annotations" if annotated else "predictions"
    return source, names[source], kinds[source]


def _results(task: Entry, source: str) -> list[list[Entry]]:
    """Return the results of each annotation or prediction of a task, without skipped ones."""
    found = task.get(source)
    entries = [entry for entry in found if isinstance(entry, dict)] \
        if isinstance(found, list) else []
    listed = [entry.get("result") for entry in entries if not entry.get("was_cancelled")]
    return [[part for part in result if isinstance(part, dict)] if isinstance(result, list) else []
            for result in listed]


def _kind(entry: Entry) -> str:
    """Return the kind of a result from the key of its labels, independent of the control tag."""
    value = entry.get("value")
    keys = value.keys() if isinstance(value, dict) else ()
    named = next((kind for kind in _LABELS if kind in keys), "")
    if named == "labels":
        return next((kind for kind, key in (("brushlabels", "rle"), ("polygonlabels", "points"),
                                            ("ellipselabels", "radiusX"),
                                            ("rectanglelabels", "width"), ("keypointlabels", "x"))
                     if key in keys), "")
    return named


def _names(entry: Entry) -> list[str]:
    value = entry.get("value")
    for kind in _LABELS if isinstance(value, dict) else ():
        found = value.get(kind)  # type: ignore[union-attr]
        if isinstance(found, list):
            return [str(name).strip() for name in found if str(name).strip()]
    return []


def _photos(path: Path, reader: Items, source: str, painter: Painter) -> Iterator[LabelledPhoto]:
    labelling = painter.labelling
    skipped = several = 0
    for _, span, _ in items(path):
        task = reader.read(span)
        if not isinstance(task, dict):
            continue
        results = _results(task, source)
        where = f"task {task.get('id')}"
        if not results:
            skipped += 1
            continue
        several += len(results) > 1
        try:
            file, photo, size = _photo(task, results[-1], path, painter.options, where)
        except (InputError, ValueError) as error:
            labelling.problems.append(Problem(photo=where, why=str(error), left_out=True))
            continue
        shapes = Shapes()
        for entry in results[-1]:
            try:
                _add(shapes, entry, size)
            except (ValueError, KeyError, TypeError, OverflowError) as error:
                lost(labelling, file, f"The result {entry.get('id')}", error)
        data = task.get("data")
        private = data.get(PRIVATE) if isinstance(data, dict) else None
        restore_undecided(shapes, private, size, labelling, file)
        yield painter.photo(shapes, file=file, path=photo, size=size)
    painter.note()
    if skipped:
        labelling.notes.append(f"{skipped:,} tasks have no {source} and were left out.")
    if several:
        labelling.notes.append(f"{several:,} tasks have several {source}; the last was taken.")


def _photo(
    task: Entry, result: list[Entry], path: Path, options: ReadOptions, where: str
) -> tuple[str, Path | None, tuple[int, int]]:
    """Return the photo of a task: its name, its path, and its size."""
    data = task.get("data")
    file = photo_file(_file(data if isinstance(data, dict) else {}), where=where)
    beside = (path.parent / "images" / file, path.parent / file)
    photo = next((candidate for candidate in beside if candidate.is_file()), None)
    for entry in (*result, *([data] if isinstance(data, dict) else [])):
        height, width = entry.get("original_height"), entry.get("original_width")
        if height is not None and width is not None:
            return file, photo, checked_size(height, width)
    found = photo or (options.photos / file if options.photos else None)
    for candidate in (found, options.photos / "images" / file if options.photos else None):
        if candidate and candidate.is_file():
            return file, photo, photo_size(candidate)
    raise InputError(f"{file} has no result that says its size, and the photo is not at hand.")


def _file(data: Entry) -> str:
    if isinstance(data.get("file"), str):
        return str(data["file"])
    texts = [data.get("image"), *data.values()]
    for text in texts:
        if isinstance(text, str):
            parts = urlsplit(text)
            named = parse_qs(parts.query, keep_blank_values=True, separator="&").get("d")
            found = named[0] if named else unquote(parts.path)
            if Path(found).suffix.lower() in SUFFIXES:
                return found.lstrip("/").removeprefix("data/").removeprefix("local-files/")
    return ""


def _add(shapes: Shapes, entry: Entry, size: tuple[int, int]) -> None:
    kind, names, value = _kind(entry), _names(entry), entry.get("value")
    if not names or not isinstance(value, dict):
        return  # a relation, a choice of the whole task, or a region without a label
    if entry.get("image_rotation"):
        raise ValueError("the photo was turned in Label Studio; turn it back there")
    if len(names) > 1:
        raise ValueError(f"it has {len(names)} labels, and a pixel has one")
    scale = (size[1] / 100, size[0] / 100)
    if kind == "brushlabels":
        shapes.drawn.append(Drawn(names[0], brush.decode(value.get("rle"), size)))
    elif kind == "polygonlabels":
        ring = np.array(value["points"], np.float64).reshape(-1, 2) * scale
        shapes.drawn.append(Drawn(names[0], fill(ring, size)))
    elif kind == "ellipselabels":
        cells = [float(cast("float", value[key])) for key in ("x", "y", "radiusX", "radiusY")]
        ring = ellipse(cells[0] * scale[0], cells[1] * scale[1], cells[2] * scale[0],
                       cells[3] * scale[1], float(cast("float", value.get("rotation") or 0)))
        shapes.drawn.append(Drawn(names[0], fill(ring, size)))
    elif kind == "rectanglelabels":
        x, y, width, height = (float(cast("float", value[key]))
                               for key in ("x", "y", "width", "height"))
        ring = rotated_box(names[0], x * scale[0], y * scale[1], width * scale[0],
                           height * scale[1], float(cast("float", value.get("rotation") or 0)),
                           about_corner=True)
        shapes.boxes.append(positive(names[0], *ring.min(axis=0).tolist(),
                                     *ring.max(axis=0).tolist()))
    elif kind == "keypointlabels":
        shapes.points.append(Point(class_name=names[0], x=float(cast("float", value["x"]))
                                   * scale[0], y=float(cast("float", value["y"])) * scale[1]))


FORMAT = Format(
    title="Label Studio", exact="exact as brush masks; polygons to half a pixel", read=read,
    write=write, fits=fits, undecided="a field of the task's data",
    shapes=True,
)
