"""Tables of results: typed rows with export to CSV and pandas, and display in notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from markupsafe import Markup

from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import csv_line
from tag2mask.core.files import write_text

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")

_SHOWN = 50
"""Maximum number of rows displayed in a notebook."""


@dataclass(frozen=True)
class Table(Generic[R]):
    """A table whose rows are frozen dataclasses of one type; their fields are the columns."""

    rows: tuple[R, ...]
    """The rows, most important first."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[R]:
        """Iterate over the rows."""
        return iter(self.rows)

    def __getitem__(self, place: int) -> R:
        """Return the row at an index, counted from 0."""
        return self.rows[place]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns; empty if there are no rows."""
        return tuple(field.name for field in fields(self.rows[0])) if self.rows else ()

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV text, and write it to a file if a path is given."""
        text = "".join(f"{csv_line(line)}\n" for line in [list(self.columns), *self._cells()]
                       if line)
        if path is not None:
            write_text(Path(path), text)
        return text

    def to_pandas(self) -> Any:  # noqa: ANN401 - a pandas.DataFrame, where pandas is installed
        """Return the rows as a pandas.DataFrame.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            pandas = import_module("pandas")
        except ImportError as error:
            raise InputError("pandas is not installed; run `pip install pandas`, or take .rows or "
                             ".to_csv().") from error
        return pandas.DataFrame([vars(row) for row in self.rows], columns=list(self.columns))

    def __str__(self) -> str:
        """Return the rows as lines of text."""
        cells = [list(self.columns), *self._cells()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in
                                   zip(line, widths, strict=True)).rstrip() for line in cells)

    def _repr_html_(self) -> str:
        """Return the first rows as HTML for a notebook."""
        head = Markup("").join(Markup("<th>{}</th>").format(name) for name in self.columns)
        body = Markup("").join(
            Markup("<tr>{}</tr>").format(
                Markup("").join(Markup("<td>{}</td>").format(cell) for cell in line))
            for line in self._cells()[:_SHOWN])
        left = len(self.rows) - _SHOWN
        more = Markup("<p>and {} more</p>").format(left) if left > 0 else ""
        return str(Markup("<table><tr>{}</tr>{}</table>{}").format(head, body, more))

    def _cells(self) -> list[list[str]]:
        return [[_written(getattr(row, name)) for name in self.columns] for row in self.rows]


def _written(value: object) -> str:
    """Format a value as a cell: numbers rounded, lists joined by semicolons, "" for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)
