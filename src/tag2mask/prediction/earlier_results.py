"""Results of earlier commands that remain in a folder beside new ones."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

from tag2mask.core.progress import Progress
from tag2mask.core.wording import counted, plural


def warn_of_others(
    folder: Path, written: Collection[str], *, noun: str, suffixes: Sequence[str], table: str,
    progress: Progress,
) -> None:
    """Warn of files of other photos, which stay although the new table does not list them.

    Args:
        folder: folder of the results.
        written: names of the photos whose results were written now, without a suffix.
        noun: what each file is, in the singular.
        suffixes: suffixes of the files to count.
        table: name of the table.
        progress: reports the warning.
    """
    others = sorted(_others(folder, set(written), suffixes))
    if others:
        progress.warn(f"{folder} also holds {counted(len(others), noun)} of earlier commands, "
                      f"{others[0]} first, which {plural(len(others), 'is')} not in {table}; "
                      "give --out a new folder to keep results apart.")


def _others(folder: Path, written: set[str], suffixes: Sequence[str]) -> Iterator[str]:
    for top, _, files in os.walk(folder):
        below = Path(top).relative_to(folder).as_posix()
        for file in files:
            name = PurePosixPath(below, file)
            if name.suffix in suffixes and name.with_suffix("").as_posix() not in written:
                yield name.as_posix()
