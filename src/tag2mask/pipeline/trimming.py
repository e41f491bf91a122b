"""Remove what a finished run can compute again: the maps and scores of its photos."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from tag2mask.core.contracts import InputError
from tag2mask.run_folder.context import Context, mark_trimmed, read_record
from tag2mask.stages import STAGES, Stage

Keep = Literal["all", "small"]
"""What stays after a run: everything, or all but the disposable files of its stages."""


def refuse_unknown(keep: str) -> None:
    """Raise an error unless `keep` is one of the choices.

    Raises:
        InputError: it is not.
    """
    if keep not in get_args(Keep):
        raise InputError(f"keep is {keep!r}, but must be one of {', '.join(get_args(Keep))}.")


def trim(context: Context) -> None:
    """Remove the disposable files of all finished stages.

    The record of a stage is marked first: if the process is killed in between, files that are
    missing are known to be missing on purpose.
    """
    freed = sum(_trim_stage(stage, context) for stage in STAGES if stage.disposable)
    if freed:
        context.progress.say(f"Removed maps and scores of photos, {freed / 1e6:,.1f} MB, which can "
                             "be computed again (--keep small)")


def _trim_stage(stage: Stage, context: Context) -> int:
    """Remove the disposable files of a stage, and return their size in bytes."""
    run, freed = context.run, 0
    record = read_record(run, stage.name)
    if record is None or not record.done:
        return 0
    if not record.trimmed:
        mark_trimmed(run, stage.name)
    for pattern in stage.disposable:
        folder, _, suffix = pattern.partition("*")
        top = run.root / folder
        for photo in context.dataset.photos if top.is_dir() else ():
            freed += _removed(top / f"{photo.name}{suffix}", top)
    return freed


def _removed(path: Path, top: Path) -> int:
    """Remove a file and the folders below `top` that are then empty; return its size."""
    try:
        size = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    with suppress(OSError):  # the folder is not empty
        for folder in path.parents:
            if folder == top:
                break
            folder.rmdir()
    return size
