"""Write tables beside tags.csv: boxes.csv, points.csv, and original class ids of imported files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.limits import read_text
from tag2mask.interchange.names import csv_text

BOXES = ("image", "class", "left", "top", "right", "bottom")
POINTS = ("image", "class", "x", "y")
IDS = "class_ids.json"
"""File that maps class names to ids, so that a later export restores the original ids."""


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
            raise InputError(f"{table}, row {rows.line_num} has a cell that is no number; fix or "
                             "remove it.") from error


class Sheet:
    """A table of boxes or points; adding a photo replaces its previous rows."""

    def __init__(self, path: Path, header: tuple[str, ...]) -> None:
        """Read the existing table if there is one."""
        self._path, self._header = path, header
        self._rows: dict[str, list[list[object]]] = {}
        for image, name, numbers in _rows(path, header):
            self._rows.setdefault(image, []).append([image, name, *map(_short, numbers)])

    def put(self, image: str, items: Iterable[tuple[str, tuple[float, ...]]]) -> None:
        """Set the rows of a photo, replacing previous ones."""
        rows: list[list[object]] = [[image, name, *map(_short, numbers)]
                                    for name, numbers in items]
        if rows:
            self._rows[image] = rows
        else:
            self._rows.pop(image, None)

    def write(self) -> int:
        """Write the table if it has or had any rows, and return the number of rows."""
        rows = [row for image in sorted(self._rows) for row in self._rows[image]]
        if rows or self._path.exists():
            write_text(self._path, csv_text([self._header, *rows]))
        return len(rows)


def box_items(photo: LabelledPhoto) -> list[tuple[str, tuple[float, ...]]]:
    """Return the boxes of a photo in the form required by `Sheet.put`."""
    return [(box.class_name, (box.left, box.top, box.right, box.bottom)) for box in photo.boxes]


def point_items(photo: LabelledPhoto) -> list[tuple[str, tuple[float, ...]]]:
    """Return the points of a photo in the form required by `Sheet.put`."""
    return [(point.class_name, (point.x, point.y)) for point in photo.points]


def _short(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


def read_ids(root: Path) -> dict[str, int]:
    """Read the original ids of classes; {} if there are none."""
    path = root / IDS
    if not path.is_file():
        return {}
    try:
        found = json.loads(read_text(path))
        return {str(name): int(number) for name, number in found.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(f"{path} is damaged; delete it or import again.") from error


def write_ids(root: Path, ids: Mapping[str, int]) -> None:
    """Write the original ids of classes."""
    write_text(root / IDS, json.dumps(dict(ids), ensure_ascii=False, indent=1) + "\n")
