"""Masks of a run that a repeated stage has left behind are noticed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tag2mask.core.json_records import write_record
from tag2mask.run_folder.context import mark_trimmed, record_file
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.outdated import why_outdated
from tag2mask.run_folder.records import StageRecord


def write(run: RunFolder, stage: str, time: int, *, done: bool = True) -> None:
    """Write the record of a stage that ended at some second."""
    record = StageRecord(
        fingerprint="x", done=done, seconds=1, peak_memory_mb=1, warnings=())
    file = record_file(run, stage)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_record(file, record)
    os.utime(file, (time, time))


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Give a finished run, whose stages took ten seconds each."""
    run = RunFolder(tmp_path / "run")
    for time, stage in enumerate(("sharpen", "label", "segment", "evaluate")):
        write(run, stage, 10 * time)
    return run


def test_a_finished_run_is_up_to_date(run: RunFolder) -> None:
    """Also a copy, whose files are of one time in any order."""
    assert not why_outdated(run)
    for time, stage in enumerate(("evaluate", "label", "segment", "sharpen")):
        write(run, stage, 100 + time % 2)
    assert not why_outdated(run)


@pytest.mark.parametrize(("stage", "commands"), [
    ("label", "`tag2mask segment {0} && tag2mask evaluate {0}`"),
    ("segment", "`tag2mask evaluate {0}`"),
])
def test_a_repeated_stage_is_noticed(run: RunFolder, stage: str, commands: str) -> None:
    """With the commands that repeat what comes after it."""
    write(run, stage, 1000)
    said = why_outdated(run)
    assert f"older than its {stage}; run {commands.format(run.root)}" in said


def test_an_unfinished_run_is_noticed(run: RunFolder) -> None:
    """Photos may have no mask yet."""
    write(run, "evaluate", 1000, done=False)
    assert "is not finished" in why_outdated(run)
    record_file(run, "evaluate").unlink()
    assert "is not finished" in why_outdated(run)


def test_removing_files_is_no_repetition(run: RunFolder) -> None:
    """--keep small writes the records of earlier stages anew."""
    mark_trimmed(run, "sharpen")
    assert not why_outdated(run)
