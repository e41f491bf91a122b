"""Reuse the results of a stage from another run with the same data and settings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace

from tag2mask.pipeline.config import Config
from tag2mask.pipeline.execution import is_whole
from tag2mask.pipeline.fingerprint import fingerprint
from tag2mask.run_folder.context import Context, copy_record, read_record, record_file
from tag2mask.run_folder.folder import RunFolder
from tag2mask.stages import Stage


def take_over(
    stage: Stage, context: Context, config: Config, others: Sequence[RunFolder]
) -> None:
    """Link the files of `stage` from the first other run with the same fingerprint.

    Files are never modified in place, so runs can share them.
    """
    run, current = context.run, fingerprint(stage, context, config)
    own = read_record(run, stage.name)
    if not stage.shared or (own and own.fingerprint == current):
        return
    for other in others:
        record = read_record(other, stage.name)
        same = record and record.fingerprint == current and record.done
        if same and is_whole(stage, replace(context, run=other), config):
            record_file(run, stage.name).unlink(missing_ok=True)
            for folder in stage.owns:
                _link_folder(other, run, folder)
            copy_record(other, run, stage.name)
            context.progress.detail(f"{stage.name}: taken over from {other.root}")
            return


def _link_folder(source: RunFolder, target: RunFolder, folder: str) -> None:
    target.clear(folder)
    if (source.root / folder).exists():
        shutil.copytree(source.root / folder, target.root / folder, copy_function=_link)


def _link(source: str, target: str) -> None:
    """Create a hard link, or a copy if the file system does not support links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
