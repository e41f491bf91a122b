"""Choices that a run makes once and stores, so that it goes on with them after an interruption."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tag2mask.core.json_records import need_record, write_record
from tag2mask.core.processes import first_says

Record = TypeVar("Record")


def stored_choice(
    path: Path, kind: type[Record], choose: Callable[[], Record], *,
    fits: Callable[[Record], bool] = lambda _: True,
) -> Record:
    """Read a choice from its file; without one, choose and store it.

    All processes get the choice that the first one reads.

    Args:
        path: the file.
        kind: the dataclass of the choice.
        choose: chooses; called in all processes.
        fits: whether a stored choice is still that of the run's data.

    Raises:
        InputError: the file is damaged.
    """

    def read() -> Record:
        return need_record(path, kind, fix="delete it and repeat")

    kept = first_says(lambda: read() if path.exists() else None)
    if kept is None or not fits(kept):
        write_record(path, choose())
        kept = first_says(read)
    return kept
