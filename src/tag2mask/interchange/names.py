"""Names of exported files for formats that cannot keep the names of the photos."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from tag2mask.core.files import write_text
from tag2mask.interchange.limits import read_text

TABLE = "names.csv"
_HEADER = ["file", "photo"]


class Names:
    """Assigns a unique name without suffix to each photo, and records changed names."""

    def __init__(self, *, flat: bool = False) -> None:
        """Initialise without names.

        Args:
            flat: whether to make folders part of the name, and to keep only letters, digits, "-"
                and "_".
        """
        self._flat = flat
        self._taken: dict[str, tuple[str, str]] = {}
        self._changed: dict[str, str] = {}

    def stem(self, file: str, suffix: str | None = None) -> str:
        """Return the name of a photo in the export; `suffix` is that of the exported photo."""
        head, dot, own = file.rpartition(".")
        plain = head if dot else file
        name = re.sub(r"[^\w-]+", "_", plain.replace("/", "__"), flags=re.ASCII) if self._flat \
            else plain
        free, number = name, 1
        while free.casefold() in self._taken:
            exported, photo = self._taken[free.casefold()]
            self._changed[exported] = photo
            number += 1
            free = f"{name}_{number}"
        exported = free + (f".{own}" if suffix is None and dot else suffix or "")
        self._taken[free.casefold()] = (exported, file)
        if exported != file:
            self._changed[exported] = file
        return free

    def write(self, folder: Path) -> None:
        """Write the table of changed names if there are any."""
        if table := self.table():
            write_text(folder / TABLE, table)

    def table(self) -> str:
        """Return the content of the table of changed names; "" if there are none."""
        return csv_text([_HEADER, *self._changed.items()]) if self._changed else ""


def read_names(folder: Path) -> dict[str, str]:
    """Read the mapping from exported files, with and without suffix, to photos.

    Returns:
        The mapping, or {} if no name was changed.
    """
    table = folder / TABLE
    if not table.is_file():
        return {}
    rows = csv.DictReader(io.StringIO(read_text(table), newline=""))
    found = {row["file"]: row["photo"] for row in rows if row.get("file") and row.get("photo")}
    return {file.rpartition(".")[0]: photo for file, photo in found.items()} | found


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Format rows as CSV text."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
