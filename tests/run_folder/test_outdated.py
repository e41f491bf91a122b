"""Masks of a run that a repeated stage has left behind are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tag2mask.core.json_fields import to_json
from tag2mask.core.json_records import write_record
from tag2mask.run_folder.context import mark_trimmed, record_file
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.outdated import fingerprints, why_outdated
from tag2mask.run_folder.records import EvaluateAbout, StageRecord

EARLIER = ("classify", "activate", "sharpen", "label", "segment")


def write(run: RunFolder, stage: str, fingerprint: str, *, done: bool = True) -> None:
    """Write the record of a stage; `evaluate` notes the stages that there are."""
    file = record_file(run, stage)
    file.parent.mkdir(parents=True, exist_ok=True)
    record = StageRecord(
        fingerprint=fingerprint, done=done, seconds=1, peak_memory_mb=1, warnings=())
    about = EvaluateAbout(fingerprints=fingerprints(run))
    write_record(file, record, about=to_json(about) if stage == "evaluate" else {})


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Give a finished run."""
    run = RunFolder(tmp_path / "run")
    for stage in (*EARLIER, "evaluate"):
        write(run, stage, f"that of {stage}")
    return run


def test_a_finished_run_is_up_to_date(run: RunFolder) -> None:
    """Also after --keep small, and where a stage only made lost files again."""
    assert not why_outdated(run)
    mark_trimmed(run, "sharpen")
    write(run, "activate", "that of activate")
    assert not why_outdated(run)


@pytest.mark.parametrize(("stage", "done", "commands"), [
    ("activate", True, ("sharpen", "label", "segment", "evaluate")),
    ("label", True, ("segment", "evaluate")),
    ("segment", True, ("evaluate",)),
    ("segment", False, ("segment", "evaluate")),
])
def test_a_repeated_stage_is_noticed(
    run: RunFolder, stage: str, done: bool, commands: tuple[str, ...]
) -> None:
    """With the commands that repeat what comes after it, and itself if it was interrupted."""
    write(run, stage, "another", done=done)
    wanted = " && ".join(f"tag2mask {name} {run.root}" for name in commands)
    assert f"older than its {stage}; run `{wanted}`" in why_outdated(run)


def test_an_unfinished_run_is_noticed(run: RunFolder) -> None:
    """Photos may have no mask yet."""
    write(run, "evaluate", "x", done=False)
    assert "is not finished" in why_outdated(run)
    record_file(run, "evaluate").unlink()
    assert "is not finished" in why_outdated(run)


def test_a_run_of_an_earlier_version_says_nothing(run: RunFolder) -> None:
    """It did not note from which stages its masks are."""
    record = record_file(run, "evaluate")
    record.write_text(record.read_text().replace("fingerprints", "other"))
    write(run, "label", "another")
    assert not why_outdated(run)
