"""Parse the rows of `points.csv`, `boxes.csv` and `scribbles.csv` without reading any photos."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.table.sheet import Row, Sheet, read_sheet
from tag2mask.data.readers.table.spellings import clean_name

_NAMES: Mapping[str, tuple[str, ...]] = {
    "image": ("image", "image_path", "file", "filename", "file_name", "photo", "path", "name"),
    "class": ("class", "class_name", "label", "category", "tag"),
    "x": ("x", "col", "column"), "y": ("y", "row"),
    "left": ("left", "xmin", "x_min", "x1", "x0"), "top": ("top", "ymin", "y_min", "y1", "y0"),
    "right": ("right", "xmax", "x_max", "x2"), "bottom": ("bottom", "ymax", "y_max", "y2"),
    "width": ("width", "w", "thickness"), "height": ("height", "h"),
    "points": ("points", "path", "coordinates", "stroke"),
}
"""Column names that are recognised, the documented one first."""

_COLUMNS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "points.csv": (("image", "class", "x", "y"),),
    "boxes.csv": (
        ("image", "class", "left", "top", "right", "bottom"),
        ("image", "class", "left", "top", "width", "height"),
        ("image", "class", "x", "y", "width", "height"),
    ),
    "scribbles.csv": (("image", "class", "width", "points"),),
}
"""The columns of each table; errors name the first alternative."""

_PAIR = re.compile(r"[\s;]+")
_SPACED = re.compile(r"\s*,\s*")


@dataclass(frozen=True, slots=True)
class Shape:
    """One row, with its coordinates as written."""

    number: int
    """Number of its line in the file."""
    kind: str
    """"point", "box" or "scribble"."""
    image: str
    name: str
    """Name of the class."""
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    width: float = 0.0
    """Pen width of a scribble."""


@dataclass(frozen=True, kw_only=True)
class Shapes:
    """A table of shapes of one kind."""

    path: Path
    rows: tuple[Shape, ...]
    percent: bool = False
    """Whether numbers are written with a percent sign."""
    notices: tuple[str, ...] = ()


def read_shapes(path: Path) -> Shapes:
    """Read one of the tables; its file name determines the kind of shapes.

    Raises:
        InputError: unreadable, a missing column, an empty cell, or a cell that is not a number.
    """
    known = {spelling for names in _NAMES.values() for spelling in names}
    sheet = read_sheet(path, score=lambda cells: sum(_key(cell) in known for cell in cells))
    if not sheet.header:
        return Shapes(path=path, rows=(), notices=sheet.notices)
    names, places = _places(sheet)
    cells = _Cells(path=path, comma=sheet.separator == ",")
    make = {"width": _scribble}.get(names[2], _box_or_point)
    rows = tuple(make(cells, row, names, places) for row in sheet.rows)
    return Shapes(path=path, rows=rows, percent=cells.percent, notices=sheet.notices)


def _places(sheet: Sheet) -> tuple[tuple[str, ...], list[int]]:
    """Find the columns of the first alternative that is complete."""
    header = [_key(cell) for cell in sheet.header]
    ways = _COLUMNS[sheet.path.name]
    for names in ways:
        found = [next((header.index(s) for s in _NAMES[name] if s in header), -1)
                 for name in names]
        if min(found) >= 0 and len(set(found)) == len(found):
            return names, found
    missing = [n for n in ways[0] if not any(s in header for s in _NAMES[n])]
    raise InputError(
        f"{sheet.path} has no column {(missing or ways[0])[0]!r}; the first row must be "
        f"{','.join(ways[0])}."
    )


@dataclass
class _Cells:
    """Parses numbers, and records how they are written."""

    path: Path
    comma: bool
    """Whether commas separate cells, so that none of them is a decimal comma."""
    percent: bool = False
    name: Callable[[str], str] = field(default_factory=lambda: lru_cache(clean_name))
    """Normalises a class name; cached, as many rows share few names."""

    def number(self, text: str, column: str, row: Row) -> float:
        """Parse a cell as a number."""
        try:
            value = float(text)
        except ValueError:
            value = self._written(text.strip())
        if not -1e9 < value < 1e9:  # which NaN is not either
            raise InputError(f"{self.path}, row {row.number}: {column} is {text!r}, which is no "
                             f"number of pixels; correct it or remove the row.")
        return value

    def _written(self, text: str) -> float:
        """Parse a number with a decimal comma or a percent sign; return NaN if it is invalid."""
        plain = text.removesuffix("%")
        self.percent |= plain != text
        try:
            return float(plain if self.comma else plain.replace(",", "."))
        except ValueError:
            return float("nan")


def _head(cells: _Cells, row: Row, places: Sequence[int]) -> tuple[str, str, list[str]]:
    """Return image, class and the remaining cells of a row."""
    if len(row.cells) <= max(places):
        raise InputError(f"{cells.path}, row {row.number} has {len(row.cells)} cells, fewer than "
                         f"the first row; complete it or remove it.")
    image, name, *others = [row.cells[place] for place in places]
    image = image.strip()
    if not image or not name.strip():
        column = "class" if image else "image"
        raise InputError(f"{cells.path}, row {row.number} names no {column}; fill it in or "
                         f"remove the row.")
    return image, cells.name(name), others


def _box_or_point(
    cells: _Cells, row: Row, names: Sequence[str], places: Sequence[int]
) -> Shape:
    image, name, others = _head(cells, row, places)
    values = [cells.number(t, c, row) for t, c in zip(others, names[2:], strict=True)]
    if "height" in names:
        left, top, width, height = values
        values = [left, top, left + width, top + height]
    kind = "point" if len(values) == 2 else "box"
    return Shape(row.number, kind, image, name, tuple(values[0::2]), tuple(values[1::2]))


def _scribble(cells: _Cells, row: Row, names: Sequence[str], places: Sequence[int]) -> Shape:
    image, name, (width, stroke) = _head(cells, row, places)
    pairs = [pair.split(",") for pair in _PAIR.split(_SPACED.sub(",", stroke.strip())) if pair]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise InputError(f"{cells.path}, row {row.number}: points is {stroke[:40]!r}; write them "
                         f"as x,y x,y with a space between two points.")
    coordinates = [[cells.number(t, "points", row) for t in pair] for pair in pairs]
    xs, ys = (tuple(axis) for axis in zip(*coordinates, strict=True))
    pen = cells.number(width, "width", row)
    if pen <= 0:
        raise InputError(f"{cells.path}, row {row.number}: width is {width.strip()!r}; write the "
                         f"width of the pen in pixels, which is above 0, or remove the row.")
    return Shape(row.number, "scribble", image, name, xs, ys, pen)


def _key(cell: str) -> str:
    return clean_name(cell).lower().replace(" ", "_").replace("-", "_")
