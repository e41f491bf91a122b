"""Parse rows and cells of a CSV file with any separator."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tag2mask.core.contracts import InputError
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.table.text import read_table_text

_SEPARATORS = (",", ";", "\t", "|")
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "'|'"}


class Row(NamedTuple):
    """One record of the file; a tuple, because there may be a million of them."""

    number: int
    """Number of its line in the file from 1, as in editors and spreadsheets."""
    cells: tuple[str, ...]
    """Cells as written, without quotes."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table whose columns have no roles yet."""

    path: Path
    """Path of the file."""
    separator: str
    """Character between cells."""
    header: tuple[str, ...]
    """The cells of the first row; () for an empty file."""
    rows: tuple[Row, ...]
    """The other rows; rows without any text are left out."""
    notices: tuple[str, ...]
    """Notices on deviations from a plain file."""
    broken: frozenset[int] = frozenset()
    """Numbers of the rows with line breaks in their cells."""


def separator_name(separator: str) -> str:
    """Return a word for messages, such as "commas"."""
    return _NAMES.get(separator, repr(separator))


def read_sheet(path: Path, *, score: Callable[[list[str]], int]) -> Sheet:
    """Read a table of cells.

    Args:
        path: the file.
        score: returns the number of cells in a first row that are known column names; the separator
            with the highest score is used, commas first.

    Raises:
        InputError: unreadable, or a quote that would enclose several rows.
    """
    text = read_table_text(path)
    content, separator = _without_declaration(text.content)
    skipped = int(separator is not None)
    if separator is None:
        separator = max(_SEPARATORS, key=lambda sep: score(_first_cells(content, sep)))
    broken: set[int] = set()
    records = list(_records(path, content, separator, skipped, broken))
    notices = list(text.notices)
    if separator != ",":
        notices.append(f"The cells of {path.name} are separated by {separator_name(separator)}.")
    return Sheet(
        path=path, separator=separator, header=records[0].cells if records else (),
        rows=tuple(records[1:]), notices=tuple(notices), broken=frozenset(broken),
    )


def _without_declaration(content: str) -> tuple[str, str | None]:
    """Split off the line `sep=,` that declares the separator for Excel."""
    first = content.splitlines()[0] if content else ""
    declared = first.strip().strip('"')
    if declared.lower().startswith("sep=") and len(declared) == len("sep=") + 1:
        rest = content[len(first):]
        return rest[2:] if rest.startswith("\r\n") else rest[1:], declared[-1]
    if first.lower() == "sep=\t":
        return content[len(first) + 1:].removeprefix("\n"), "\t"
    return content, None


def _first_cells(content: str, separator: str) -> list[str]:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
    try:
        return next((cells for cells in reader if any(cell.strip() for cell in cells)), [])
    except csv.Error:
        return []


def _records(
    path: Path, content: str, separator: str, skipped: int, broken: set[int]
) -> Iterator[Row]:
    """Yield each record that has any text; collect the numbers of those with line breaks."""
    reader = csv.reader(
        io.StringIO(content, newline=""), delimiter=separator, strict=True, skipinitialspace=True
    )
    width = 0
    while True:
        number = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _no_csv(path, number, reader.line_num + skipped, error) from error
        text = "".join(cells)
        if not text or text.isspace():
            continue
        width = width or len(cells)
        if len(text.splitlines()) > 1:
            broken.add(number)
            if any(_swallows_rows(cell, separator, width) for cell in cells):
                raise swallowed(path, number, reader.line_num + skipped)
        yield Row(number, tuple(cells))


def _swallows_rows(cell: str, separator: str, width: int) -> bool:
    """Return whether lines inside a cell resemble rows, unlike those of a long note."""
    lines = cell.splitlines()[1:]
    return any(
        line.count(separator) >= max(1, width - 1)
        or any(suffix in line.lower() for suffix in SUFFIXES)
        for line in lines
    )


def swallowed(path: Path, first: int, last: int) -> InputError:
    """Return the error for a cell that continues beyond the end of its line."""
    return InputError(
        f"{path}, row {first}: a quote (\") opens a cell that only ends in row {last}, so the rows "
        f"between would be lost; remove the quote, or write it twice if it belongs to the text."
    )


def _no_csv(path: Path, first: int, last: int, error: csv.Error) -> InputError:
    if last > first:
        return swallowed(path, first, last)
    if "field larger" in str(error):
        return InputError(f"{path}, row {first} has a cell of more than "
                          f"{csv.field_size_limit():,} characters; shorten it.")
    return InputError(
        f"{path}, row {first} has a quote (\") inside a quoted cell or one that is never closed "
        f"({error}); remove it, or write it twice if it belongs to the text."
    )
