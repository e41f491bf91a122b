"""Execute one stage of a run if it is not up to date."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from tag2mask.core.contracts import InputError
from tag2mask.core.processes import barrier, first_says
from tag2mask.pipeline.config import Config
from tag2mask.pipeline.fingerprint import fingerprint, is_current, settings_of
from tag2mask.run_folder.context import Context, read_record, record_file, recorded
from tag2mask.run_folder.folder import RunFolder
from tag2mask.stages import Stage

Measure = Callable[[str], AbstractContextManager[None]]
"""Measures the block in which the stage of that name runs."""


def unmeasured(stage: str) -> AbstractContextManager[None]:
    """Measure nothing."""
    return nullcontext()


def run_if_needed(
    stage: Stage, context: Context, config: Config, *, again: bool = False,
    measure: Measure = unmeasured, reader: Callable[[], str] = lambda: "",
) -> None:
    """Run `stage` unless its record and files are up to date.

    Args:
        stage: the stage.
        context: the run.
        config: all settings.
        again: whether to run it in any case.
        measure: measures the stage.
        reader: returns the name of a later stage that has to run and may read the files of this
            one; "" if there is none. Files that were removed on purpose are then computed again.
    """
    current = fingerprint(stage, context, config)
    if first_says(lambda: _is_needed(stage, context, config, again=again, reader=reader)):
        with measure(stage.name), recorded(context.run, stage.name, current) as record:
            stage(context, settings_of(stage, config), record)
            barrier()


def _is_needed(
    stage: Stage, context: Context, config: Config, *, again: bool, reader: Callable[[], str]
) -> bool:
    """Return whether `stage` must run; if so, remove the results of other inputs."""
    run = context.run
    left = read_record(run, stage.name)
    same = left is not None and is_current(left.fingerprint, stage, context, config)
    done = left is not None and left.done
    if same and done and not again:
        if is_whole(stage, context, config) or (is_trimmed(run, stage) and not reader()):
            context.progress.detail(f"{stage.name}: already done")
            return False
        if is_trimmed(run, stage):
            context.progress.say(f"{stage.name}: computing the files per photo again that --keep "
                                 f"small removed, because {reader()} has to run")
    if not same or (done and again):
        # Remove the record first: if killed in between, remaining files would seem complete.
        record_file(run, stage.name).unlink(missing_ok=True)
        for folder in stage.owns:
            run.clear(folder)
    return True


def first_unfinished(
    stages: Sequence[Stage], context: Context, config: Config
) -> str:
    """Return the name of the first stage that has to run; "" if all are up to date."""
    return next((stage.name for stage in stages if not _is_finished(stage, context, config)), "")


def _is_finished(stage: Stage, context: Context, config: Config) -> bool:
    left = read_record(context.run, stage.name)
    if left is None or not left.done or not is_current(left.fingerprint, stage, context, config):
        return False
    return left.trimmed or is_whole(stage, context, config)


def is_trimmed(run: RunFolder, stage: Stage) -> bool:
    """Return whether the disposable files of `stage` were removed on purpose."""
    left = read_record(run, stage.name)
    return left is not None and left.trimmed


def is_whole(stage: Stage, context: Context, config: Config) -> bool:
    """Return whether all required outputs of `stage` exist."""
    outputs = stage.outputs(context.run, context.dataset, settings_of(stage, config))
    try:
        for path in outputs:
            os.stat(path)  # noqa: PTH116 - paths of photos are text
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def refuse_unless_done(stage: Stage, context: Context, config: Config) -> None:
    """Raise an error unless `stage` is done with the current settings.

    Raises:
        InputError: the stage is not done; the message names the command to run first.
    """
    run, command = context.run, f"tag2mask {stage.name} {context.run.root}"
    left = read_record(run, stage.name)
    if left is None or not left.done:
        raise InputError(f"{run.root} has not been through {stage.name} yet; "
                         f"run `{command}` first.")
    if not is_current(left.fingerprint, stage, context, config):
        raise InputError(f"{run.root} went through {stage.name} with other settings; "
                         f"run `{command}` with those of now first.")
