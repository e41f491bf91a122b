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
        self._taken: set[str] = set()
        #: Exported file and photo, where they differ.
        self.changed: list[tuple[str, str]] = []

    def stem(self, file: str, suffix: str | None = None) -> str:
        """Return the name for a photo's file; `suffix` is that of the exported photo."""
        head, dot, own = file.rpartition(".")
        plain = head if dot else file
        name = re.sub(r"[^\w-]+", "_", plain.replace("/", "__"), flags=re.ASCII) if self._flat \
            else plain
        free, number = name, 1
        while free.casefold() in self._taken:
            number += 1
            free = f"{name}_{number}"
        self._taken.add(free.casefold())
        exported = free + (f".{own}" if suffix is None and dot else suffix or "")
        if exported != file:
            self.changed.append((exported, file))
        return free

    def write(self, folder: Path) -> None:
        """Write the table of changed names, where there are any."""
        if self.changed:
            buffer = io.StringIO(newline="")
            csv.writer(buffer, lineterminator="\n").writerows([_HEADER, *self.changed])
            write_text(folder / TABLE, buffer.getvalue())


def read_names(folder: Path) -> dict[str, str]:
    """Read which photo each exported file stands for; {} where no name was changed."""
    table = folder / TABLE
    if not table.is_file():
        return {}
    rows = csv.DictReader(io.StringIO(read_text(table), newline=""))
    return {row["file"]: row["photo"] for row in rows if row.get("file") and row.get("photo")}


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Lay out rows as CSV."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
