"""The table of a prediction, written while the prediction goes on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol

from tag2mask.core.escaping import csv_line
from tag2mask.core.files import GrowingFile
from tag2mask.core.processes import is_first
from tag2mask.prediction.parquet_table import COLUMNS, ParquetTable

_NAME = "predictions"

TABLE = f"{_NAME}.csv"
"""The table of a prediction."""


class _Table(Protocol):
    """One file of rows."""

    def add(self, rows: Sequence[Sequence[object]]) -> None:
        """Add rows."""

    def finish(self) -> None:
        """Give the file its name."""

    def discard(self) -> None:
        """Remove what was written, unless it is finished."""


class _CsvTable:
    """Writes `predictions.csv` as `write_table` does, but not at once."""

    def __init__(self, path: Path) -> None:
        self._file = GrowingFile(path)
        with self._file.part() as temporary:
            # Kept open; `finish` and `discard` close it.
            self._sink = temporary.open("w", encoding="utf-8", errors="backslashreplace")
        self.add([COLUMNS])

    def add(self, rows: Sequence[Sequence[object]]) -> None:
        """Add rows."""
        with self._file.part():
            self._sink.writelines(f"{csv_line(row)}\n" for row in rows)

    def finish(self) -> None:
        """Give the file its name."""
        with self._file.part():
            self._sink.close()
        self._file.complete()

    def discard(self) -> None:
        """Remove what was written, unless it is finished."""
        with suppress(OSError):  # another error is the one to report
            self._sink.close()
        self._file.discard()


class PredictionTable:
    """`predictions.csv`, and `predictions.parquet` on request, under temporary names until the end.

    Memory does not grow with the rows. Of several processes, only the first writes. Without rows
    there are no files. What is not finished when the block ends is removed.
    """

    def __init__(self, out: Path, *, parquet: bool) -> None:
        """Choose the files; the first rows create them.

        Args:
            out: folder of the prediction.
            parquet: whether to write `predictions.parquet` too.
        """
        self._out, self._parquet = out, parquet
        self._tables: list[_Table] = []

    def __enter__(self) -> PredictionTable:
        """Begin."""
        return self

    def add(self, rows: Sequence[Sequence[object]]) -> None:
        """Add the rows of a photo, each with a cell for each of `COLUMNS`.

        Raises:
            WriteError: the disk is full, or the folder cannot be written.
        """
        if not is_first() or not rows:
            return
        if not self._tables:
            self._tables.append(_CsvTable(self._out / TABLE))
            if self._parquet:
                self._tables.append(ParquetTable(self._out / f"{_NAME}.parquet"))
        for table in self._tables:
            table.add(rows)

    def finish(self) -> None:
        """Give the files their names.

        Raises:
            WriteError: the disk is full, or the folder cannot be written.
        """
        for table in self._tables:
            table.finish()
        if self._tables and not self._parquet:  # one of an earlier prediction has other rows
            (self._out / f"{_NAME}.parquet").unlink(missing_ok=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what is not finished."""
        for table in self._tables:
            table.discard()


def remove_unfinished_tables(out: Path) -> None:
    """Remove the temporary tables of killed processes; no other process may be writing."""
    for path in out.glob(f".{_NAME}.*.tmp.*"):
        path.unlink(missing_ok=True)
