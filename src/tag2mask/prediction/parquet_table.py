"""Write the table of a prediction as Parquet, for programs that read millions of rows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tag2mask.core.contracts import InputError
from tag2mask.core.files import GrowingFile

COLUMNS = ("image", "class", "area_share", "source")
"""Columns of the table, in CSV and in Parquet."""

_GROUP = 20_000
"""Number of rows that are written at once, as a row group."""


def need_parquet() -> None:
    """Raise an error if pyarrow is not installed, before hours of prediction.

    Raises:
        InputError: with the command that installs it.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise InputError("--parquet needs pyarrow; run `pip install 'tag2mask[parquet]'`, or leave "
                         "it out.") from error


class ParquetTable:
    """Writes the rows of predictions.csv, with shares as numbers, in row groups."""

    def __init__(self, path: Path) -> None:
        """Create a temporary file, which gets the name `path` at the end."""
        import pyarrow
        from pyarrow import parquet

        text = pyarrow.string()
        kinds = (text, text, pyarrow.float64(), text)
        self._schema = pyarrow.schema(list(zip(COLUMNS, kinds, strict=True)))
        self._rows: list[Sequence[object]] = []
        self._file = GrowingFile(path)
        with self._file.part() as temporary:
            self._writer: Any = parquet.ParquetWriter(temporary, self._schema)

    def add(self, rows: Sequence[Sequence[object]]) -> None:
        """Add rows, each with a cell for each of `COLUMNS`."""
        self._rows += rows
        if len(self._rows) >= _GROUP:
            self._write()

    def finish(self) -> None:
        """Write the last rows, and give the file its name."""
        self._write()
        with self._file.part():
            self._writer.close()
        self._file.complete()

    def discard(self) -> None:
        """Remove the temporary file, if `finish` has not been reached."""
        with suppress(OSError):  # another error is the one to report
            self._writer.close()
        self._file.discard()

    def _write(self) -> None:
        import pyarrow

        if not self._rows:
            return
        image, names, shares, sources = zip(*self._rows, strict=True)
        columns = [list(map(_utf8, image)), list(map(_utf8, names)),
                   [float(str(share)) for share in shares], list(map(_utf8, sources))]
        with self._file.part():
            self._writer.write_table(pyarrow.table(columns, schema=self._schema))
        self._rows.clear()


def _utf8(cell: object) -> str:
    r"""Return text in which bytes of a file name that are no UTF-8 are written as `\udce9`."""
    return str(cell).encode("utf-8", "backslashreplace").decode("utf-8")
