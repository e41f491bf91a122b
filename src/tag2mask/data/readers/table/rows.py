"""Read the lines of a table as text: photo, tags and split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import NamedTuple

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.table.columns import Columns, count_known, find_columns, is_yes
from tag2mask.data.readers.table.nothing import Tagged, drop_words
from tag2mask.data.readers.table.sheet import Row, Sheet, read_sheet, separator_name, swallowed
from tag2mask.data.readers.table.spellings import clean_name
from tag2mask.data.readers.table.tag_cells import split_tags

_WHOLE = re.compile(r"(\d+)\.0+")


class Line(NamedTuple):
    """The contents of a row."""

    number: int
    """Number of the line in the file, from 1."""
    image: str
    """The photo as written, without surrounding spaces."""
    tags: tuple[str, ...]
    """Tags without empty ones and words for no tag; spellings may differ."""
    split: str
    """The split as written, "" if missing."""
    mask: str
    """The path of the mask as written, "" if missing."""
    group: str
    """The patient or whatever else it shares with other photos, "" if missing."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """A table of photos and tags."""

    lines: tuple[Line, ...]
    """Lines in file order."""
    classes: tuple[str, ...]
    """The classes named in the header of a table with a column per class; () otherwise."""
    notices: tuple[str, ...]
    """A sentence for each automatic decision."""


def read_lines(
    path: Path, *, declared: Collection[str] | None
) -> Lines:
    """Read a table of photos and tags.

    Args:
        path: the CSV file.
        declared: the names in classes.txt; None without one.

    Raises:
        InputError: unreadable, a missing column, a row of another length, or tags that are not all
            written in the same way.
    """
    sheet = read_sheet(path, score=count_known)
    rows, spilled = _even_rows(sheet)
    columns = find_columns(sheet, rows)
    _refuse_line_breaks(sheet, columns, rows)
    places = columns.tags or columns.classes
    written = [tuple([row.cells[place] for place in places]) for row in rows]
    tagged, recognised = _tags(sheet, columns, _distinct(rows, written), declared)
    tagged, numbers = _whole_numbers(tagged)
    tagged, nothing = drop_words(tagged, path=path, declared=declared)
    tags = dict(zip(dict.fromkeys(written), (one.tags for one in tagged), strict=True))
    lines = zip(
        (row.number for row in rows), _column(rows, columns.image),
        (tags[cells] for cells in written), _column(rows, columns.split),
        _column(rows, columns.mask), _column(rows, columns.group), strict=True,
    )
    return Lines(
        lines=tuple(map(Line._make, lines)),
        classes=tuple(clean_name(sheet.header[index]) for index in columns.classes),
        notices=(*sheet.notices, *columns.notices, *spilled, *recognised, *numbers, *nothing),
    )


def _refuse_line_breaks(sheet: Sheet, columns: Columns, rows: Sequence[Row]) -> None:
    """Refuse a name that continues on the next line, which indicates a missing quote."""
    read = [columns.image, *columns.tags, *([] if columns.split is None else [columns.split])]
    for row in rows if sheet.broken else ():
        for index in read if row.number in sheet.broken else ():
            breaks = len(row.cells[index].strip().splitlines()) - 1
            if breaks > 0:
                raise swallowed(sheet.path, row.number, row.number + breaks)


def _column(rows: Sequence[Row], place: int | None) -> Iterable[str]:
    """Return the cells of a column without surrounding spaces, "" if the table has none."""
    return [""] * len(rows) if place is None else (row.cells[place].strip() for row in rows)


def _distinct(rows: Sequence[Row], written: Sequence[tuple[str, ...]]) -> list[Tagged]:
    """Return each combination of cells once, in the order of the first rows with them."""
    first = dict(zip(reversed(written), (row.number for row in reversed(rows)), strict=True))
    return [Tagged(first[cells], count, cells) for cells, count in Counter(written).items()]


def _tags(
    sheet: Sheet, columns: Columns, written: Sequence[Tagged], declared: Collection[str] | None
) -> tuple[list[Tagged], tuple[str, ...]]:
    """Convert cells to tags."""
    if not columns.tags:
        names = [clean_name(sheet.header[index]) for index in columns.classes]
        return [one._replace(tags=tuple(compress(names, map(is_yes, one.tags))))
                for one in written], ()
    cells: dict[str, int] = {}
    for one in written:
        for text in one.tags:
            cells.setdefault(text, one.number)
    split, notices = split_tags(cells, path=sheet.path, declared=declared)
    return [one._replace(tags=tuple(dict.fromkeys(tag for text in one.tags for tag in split[text])))
            for one in written], notices


def _even_rows(sheet: Sheet) -> tuple[list[Row], tuple[str, ...]]:
    """Pad or shorten all rows to the number of cells in the header.

    Trailing empty cells are dropped. If semicolons separate the cells, surplus cells are tags,
    which are separated by semicolons too.
    """
    width, rows, spilled = len(sheet.header), [], []
    place = _place_of_tags(sheet)
    for row in sheet.rows:
        if len(row.cells) == width:
            rows.append(row)
            continue
        cells = list(row.cells)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        extra = len(cells) - width
        if extra > 0 and sheet.separator == ";" and place is not None:
            cells[place:place + extra + 1] = [";".join(cells[place:place + extra + 1])]
            spilled.append(row)
        if len(cells) != width:
            raise InputError(
                f"{sheet.path}, row {row.number} should have {width} cells as the first row has, "
                f"not {len(cells)}; separate cells by {separator_name(sheet.separator)} and tags "
                f"by semicolons."
            )
        rows.append(row._replace(cells=tuple(cells)))
    many = f"{len(spilled):,} rows have" if len(spilled) > 1 else "1 row has"
    return rows, (
        f"{many} more cells than the first row of {sheet.path.name}; the cells from "
        f"{sheet.header[place or 0].strip()!r} on are read as tags (first: row "
        f"{spilled[0].number}).",
    ) if spilled else ()


def _place_of_tags(sheet: Sheet) -> int | None:
    """Return the only column that could contain tags."""
    places = [i for i, name in enumerate(sheet.header)
              if name.strip().lower() in {"tags", "tag", "labels", "label", "classes", "class"}]
    return places[0] if len(places) == 1 else None


def _whole_numbers(tagged: Sequence[Tagged]) -> tuple[list[Tagged], tuple[str, ...]]:
    """Convert `3.0` to `3` if all tags are numbers: programs add the zero beside empty cells."""
    names = {tag for one in tagged for tag in one.tags}
    numbers = {name for name in names if name.isascii() and name.isdigit()}
    pointed = {name for name in names if _WHOLE.fullmatch(name)}
    if not pointed or names - numbers - pointed - {"nan", "NaN"}:
        return list(tagged), ()
    changed = [one._replace(tags=tuple(_WHOLE.sub(r"\1", tag) for tag in one.tags))
               for one in tagged]
    example = min(pointed)
    plain = _WHOLE.sub(r"\1", example)
    return changed, (f"Tags like {example!r} are read as {plain!r}.",)
