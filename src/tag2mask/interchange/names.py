"""Names of exported files, where a format cannot keep those of the photos."""

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
    """Gives each photo a name of its own without suffix, and remembers those that changed."""

    def __init__(self, *, flat: bool = False) -> None:
        """Begin.

        Args:
            flat: folders become part of the name, and only letters, digits, "-" and "_" stay.
        """
        self._flat = flat
        self._taken: dict[str, tuple[str, str]] = {}
        self._changed: dict[str, str] = {}

    @property
    def changed(self) -> list[tuple[str, str]]:
        """Exported files and their photos, where the name alone does not say which that is."""
        return list(self._changed.items())

    def stem(self, file: str, suffix: str | None = None) -> str:
        """Return the name for a photo's file; `suffix` is that of the exported photo."""
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
        """Write the table of changed names, where there are any."""
        if self._changed:
            write_text(folder / TABLE, csv_text([_HEADER, *self.changed]))


def read_names(folder: Path) -> dict[str, str]:
    """Read which photo each exported file stands for, with and without the file's suffix.

    Returns:
        {} where no name was changed.
    """
    table = folder / TABLE
    if not table.is_file():
        return {}
    rows = csv.DictReader(io.StringIO(read_text(table), newline=""))
    found = {row["file"]: row["photo"] for row in rows if row.get("file") and row.get("photo")}
    return {file.rpartition(".")[0]: photo for file, photo in found.items()} | found


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Lay out rows as CSV."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
