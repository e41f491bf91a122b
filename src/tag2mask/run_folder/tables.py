"""Read and write CSV tables of a run folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from tag2mask.core.escaping import csv_line, from_csv_cell
from tag2mask.core.files import write_text
from tag2mask.data.damage import reading


def write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a CSV table atomically, in which no cell is a spreadsheet formula."""
    write_text(path, "".join(f"{csv_line(row)}\n" for row in [header, *rows]))


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV table of `write_table`; [] if the file is missing.

    Raises:
        InputError: the file is damaged.
    """
    if not path.exists():
        return []
    with reading(path), path.open(newline="", encoding="utf-8") as file:
        text = file.read()
        marked = "'" in text or "\\" in text  # else every cell is as written
        header, *rows = [[from_csv_cell(cell) for cell in row] if marked else row
                         for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
        if short := [row for row in rows if len(row) != len(header)]:
            raise ValueError(f"{len(short[0])} cells in a row of {len(header)} columns")
        return [dict(zip(header, row, strict=True)) for row in rows]
