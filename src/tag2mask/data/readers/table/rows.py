"""Read the lines of a table as text: photo, tags and split."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.table.columns import Columns, count_known, find_columns, is_yes
from tag2mask.data.readers.table.nothing import Tagged, drop_words
from tag2mask.data.readers.table.sheet import Row, Sheet, read_sheet, separator_name, swallowed
from tag2mask.data.readers.table.spellings import clean_name
from tag2mask.data.readers.table.tag_cells import split_tags

_WHOLE = re.compile(r"(\d+)\.0+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The contents of a row."""

    number: int
    """Number of the line in the file, from 1."""
    image: str
    """The photo as written, without surrounding spaces."""
    tags: tuple[str, ...]
    """Tags without empty ones and words for no tag; spellings may differ."""
    split: str
    """The split as written, "" if missing."""
    mask: str = ""
    """The path of the mask as written, "" if missing."""
    group: str = ""
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
    tagged, recognised = _tags(sheet, columns, rows, declared)
    tagged, numbers = _whole_numbers(tagged)
    tagged, nothing = drop_words(tagged, path=path, declared=declared)
    split = columns.split
    lines = [
        Line(
            number=row.number,
            image=row.cells[columns.image].strip(),
            tags=tags,
            split="" if split is None else row.cells[split].strip(),
            mask="" if columns.mask is None else row.cells[columns.mask].strip(),
            group="" if columns.group is None else row.cells[columns.group].strip(),
        )
        for row, tags in tagged
    ]
    return Lines(
        lines=tuple(lines),
        classes=tuple(clean_name(sheet.header[index]) for index in columns.classes),
        notices=(*sheet.notices, *columns.notices, *spilled, *recognised, *numbers, *nothing),
    )


def _refuse_line_breaks(sheet: Sheet, columns: Columns, rows: Sequence[Row]) -> None:
    """Refuse a name that continues on the next line, which indicates a missing quote."""
    read = [columns.image, *columns.tags, *([] if columns.split is None else [columns.split])]
    for row in rows:
        for index in read:
            breaks = len(row.cells[index].strip().splitlines()) - 1
            if breaks > 0:
                raise swallowed(sheet.path, row.number, row.number + breaks)


def _tags(
    sheet: Sheet, columns: Columns, rows: Sequence[Row], declared: Collection[str] | None
) -> tuple[list[Tagged], tuple[str, ...]]:
    if not columns.tags:
        named = [(index, clean_name(sheet.header[index])) for index in columns.classes]
        return [
            (row, tuple(name for index, name in named if is_yes(row.cells[index]))) for row in rows
        ], ()
    cells = [(row, row.cells[index]) for row in rows for index in columns.tags]
    split, notices = split_tags(cells, path=sheet.path, declared=declared)
    per_row = len(columns.tags)
    return [
        (row, tuple(dict.fromkeys(
            tag for _, tags in split[n * per_row:(n + 1) * per_row] for tag in tags)))
        for n, row in enumerate(rows)
    ], notices


def _even_rows(sheet: Sheet) -> tuple[list[Row], tuple[str, ...]]:
    """Pad or shorten all rows to the number of cells in the header.

    Trailing empty cells are dropped. If semicolons separate the cells, surplus cells are tags,
    which are separated by semicolons too.
    """
    width, rows, spilled = len(sheet.header), [], []
    place = _place_of_tags(sheet)
    for row in sheet.rows:
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
        rows.append(replace(row, cells=tuple(cells)))
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
    names = {tag for _, tags in tagged for tag in tags}
    numbers = {name for name in names if name.isascii() and name.isdigit()}
    pointed = {name for name in names if _WHOLE.fullmatch(name)}
    if not pointed or names - numbers - pointed - {"nan", "NaN"}:
        return list(tagged), ()
    changed = [(row, tuple(_WHOLE.sub(r"\1", tag) for tag in tags)) for row, tags in tagged]
    example = min(pointed)
    plain = _WHOLE.sub(r"\1", example)
    return changed, (f"Tags like {example!r} are read as {plain!r}.",)
