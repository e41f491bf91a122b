"""Export of the labels of a run, a prediction or a data set in the format of another program."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Problem
from tag2mask.interchange import FORMATS
from tag2mask.interchange.format import Labelling, WriteOptions
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.sources import WHAT, Selection, open_source


@dataclass(frozen=True, kw_only=True)
class Exported:
    """The result of an export."""

    photos: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def export_labels(
    root: Path, out: Path, *, format: str, selection: Selection, options: WriteOptions,
    progress: Progress | None = None,
) -> Exported:
    """Write the labels of `root` in the format of another program.

    Args:
        root: a run, an output folder of `predict`, or a data set.
        out: a new or empty folder; it is written completely or not at all.
        format: a name in `FORMATS`.
        selection: photos and labels to export.
        options: options of the writer.
        progress: reporter of progress.

    Raises:
        InputError: the format cannot be written, there is nothing to export, or `out` contains
            files.
    """
    entry = FORMATS.get(format)
    if entry.write is None:
        raise InputError(f"{format} can only be imported; `tag2mask formats` lists what can be "
                         "exported.")
    if selection.what not in WHAT:
        raise InputError(f"--what {selection.what!r} is unknown; it is one of {', '.join(WHAT)}.")
    _refuse_files(out)
    labelling = open_source(root, selection)
    with (progress or Progress()).stage("export", total=labelling.total) as bar:
        labelling = replace(labelling, photos=_counted(labelling, bar.advance))
        written = write_whole(entry.write, labelling, out, options)
    return Exported(photos=written, problems=tuple(labelling.problems),
                    notes=tuple(labelling.notes))


def write_whole(
    write: Callable[[Labelling, Path, WriteOptions], int], labelling: Labelling, out: Path,
    options: WriteOptions,
) -> int:
    """Write to a temporary folder beside `out`, and rename it to `out` when it is complete.

    Raises:
        InputError: `out` contains files, or no photo could be written.
    """
    _refuse_files(out)
    making = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        making.mkdir(parents=True)
        count = write(labelling, making, options)
        if not count:
            why = f" ({labelling.problems[0].why})" if labelling.problems else ""
            raise InputError(f"No photo could be exported{why}.")
        if out.exists():
            out.rmdir()
        making.replace(out)
        return count
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _refuse_files(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is there already and is not empty; choose another --out.")


def _counted(labelling: Labelling, advance: Callable[[int], None]) -> Iterator[LabelledPhoto]:
    for photo in labelling.photos:
        yield photo
        advance(1)
