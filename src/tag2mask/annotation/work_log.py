"""The log of every review session: one line per save."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

State = Literal["untouched", "corrected", "accepted", "skipped"]
STATES: tuple[State, ...] = ("untouched", "corrected", "accepted", "skipped")


LOG = "log.jsonl"
"""Name of the file, in the folder `annotations/` of a data set."""


@dataclass(frozen=True)
class Entry:
    """One line of `annotations/log.jsonl`."""

    name: str
    state: State
    sitting: int
    """Number of the review session; no other information about the person is stored."""
    when: str
    """Time in UTC, in ISO 8601 format."""
    seconds: float
    """Time spent on the photo since its previous entry, in seconds."""
    clicks: int
    """Number of actions on the photo since its previous entry."""


def add_entry(path: Path, entry: Entry) -> None:
    """Append an entry to a log, which is created if missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"  # the last line of a process that was killed
            file.write(b"\n" * torn)
        file.write(json.dumps(asdict(entry)).encode("ascii") + b"\n")


def read_log(path: Path) -> list[Entry]:
    """Read a log; lines truncated by a crash are skipped."""
    entries = []
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for line in text.splitlines():
        try:
            entry = Entry(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if entry.state in STATES and isinstance(entry.seconds, int | float):
            entries.append(entry)
    return entries


def seconds_by_photo(entries: Iterable[Entry]) -> dict[str, float]:
    """Return the seconds spent on each photo, by name."""
    spent: dict[str, float] = {}
    for entry in entries:
        spent[entry.name] = spent.get(entry.name, 0) + entry.seconds
    return spent
