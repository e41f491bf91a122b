"""Tables beside tags.csv: boxes.csv, points.csv, and the numbers that classes had elsewhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.data.dataset import Dataset
from tag2mask.interchange.labelled import Box, LabelledPhoto, Point
from tag2mask.interchange.limits import read_text
from tag2mask.interchange.names import csv_text

BOXES = ("image", "class", "left", "top", "right", "bottom")
POINTS = ("image", "class", "x", "y")
IDS = "class_ids.json"
"""Name to number, so that a later export gives classes the numbers that they came with."""


def read_boxes(dataset: Dataset) -> dict[str, list[Box]]:
    """Read boxes.csv by the photos' names; {} where there is none.

    Raises:
        InputError: a row is no box.
    """
    found: dict[str, list[Box]] = {}
    for image, name, numbers in _rows(dataset.root / "boxes.csv", BOXES):
        left, top, right, bottom = numbers
        found.setdefault(image, []).append(
            Box(class_name=name, left=left, top=top, right=right, bottom=bottom))
    return _by_name(dataset, found)


def read_points(dataset: Dataset) -> dict[str, list[Point]]:
    """Read points.csv by the photos' names; {} where there is none.

    Raises:
        InputError: a row is no point.
    """
    found: dict[str, list[Point]] = {}
    for image, name, numbers in _rows(dataset.root / "points.csv", POINTS):
        found.setdefault(image, []).append(Point(class_name=name, x=numbers[0], y=numbers[1]))
    return _by_name(dataset, found)


def _by_name(dataset: Dataset, found: Mapping[str, list]) -> dict[str, list]:  # type: ignore[type-arg]
    names = {photo.path.relative_to(dataset.root).as_posix(): photo.name
             for photo in dataset.photos if photo.path.is_relative_to(dataset.root)}
    return {names[image]: items for image, items in found.items() if image in names}


def _rows(table: Path, header: tuple[str, ...]) -> Iterable[tuple[str, str, list[float]]]:
    if not table.is_file():
        return
    rows = csv.DictReader(io.StringIO(read_text(table), newline=""))
    missing = [name for name in header if name not in (rows.fieldnames or ())]
    if missing:
        raise InputError(f"{table} has no column {missing[0]!r}; the first row must be "
                         f"{','.join(header)}.")
    for row in rows:
        try:
            yield row["image"], row["class"], [float(row[name]) for name in header[2:]]
        except (TypeError, ValueError) as error:
            raise InputError(f"{table}, row {rows.line_num} has a cell that is no number; mend or "
                             "remove it.") from error


class Sheet:
    """A table of boxes or points that photos join; their older rows are replaced."""

    def __init__(self, path: Path, header: tuple[str, ...]) -> None:
        """Read what is there."""
        self._path, self._header = path, header
        self._rows: dict[str, list[list[object]]] = {}
        for image, name, numbers in _rows(path, header):
            self._rows.setdefault(image, []).append([image, name, *map(_short, numbers)])

    def put(self, image: str, items: Iterable[tuple[str, tuple[float, ...]]]) -> None:
        """Give a photo its rows, in place of those it had."""
        rows: list[list[object]] = [[image, name, *map(_short, numbers)]
                                    for name, numbers in items]
        if rows:
            self._rows[image] = rows
        else:
            self._rows.pop(image, None)

    def write(self) -> int:
        """Write the table, if it has any rows or had some, and return their number."""
        rows = [row for image in sorted(self._rows) for row in self._rows[image]]
        if rows or self._path.exists():
            write_text(self._path, csv_text([self._header, *rows]))
        return len(rows)


def box_items(photo: LabelledPhoto) -> list[tuple[str, tuple[float, ...]]]:
    """A photo's boxes, as a sheet takes them."""
    return [(box.class_name, (box.left, box.top, box.right, box.bottom)) for box in photo.boxes]


def point_items(photo: LabelledPhoto) -> list[tuple[str, tuple[float, ...]]]:
    """A photo's points, as a sheet takes them."""
    return [(point.class_name, (point.x, point.y)) for point in photo.points]


def _short(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


def read_ids(root: Path) -> dict[str, int]:
    """Read the numbers that classes came with; {} where there are none."""
    path = root / IDS
    if not path.is_file():
        return {}
    try:
        found = json.loads(read_text(path))
        return {str(name): int(number) for name, number in found.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(f"{path} is damaged; delete it or import again.") from error


def write_ids(root: Path, ids: Mapping[str, int]) -> None:
    """Remember the numbers of classes."""
    write_text(root / IDS, json.dumps(dict(ids), ensure_ascii=False, indent=1) + "\n")
