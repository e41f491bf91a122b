"""The report says in one sentence what most of the time was spent on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tag2mask.core.json_records import write_record
from tag2mask.run_folder.context import read_record, record_file, recorded
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import StageCost, StageRecord, read_metrics
from tag2mask.stages.report.page import write_report
from tag2mask.stages.report.sections import costs, time_sentence


@pytest.mark.parametrize(("seconds", "said"), [
    ({"classify": 900, "segment": 660, "activate": 240, "label": 60},
     "26 of 31 minutes were training, 4 reading maps."),
    ({"classify": 40, "activate": 9.4}, "40 of 49 seconds were training, 9 reading maps."),
    ({"segment": 90_000}, "25 of 25 hours were training."),
    ({"label": 0.4}, ""),
    ({}, ""),
    ({"of another version": 100}, ""),
])
def test_time_sentence(seconds: dict[str, float], said: str) -> None:
    """Stages that do the same are added up; less than a tenth is left out."""
    costs = {name: StageCost(seconds=spent, peak_memory_mb=1) for name, spent in seconds.items()}
    assert time_sentence(costs) == said


def test_the_export_is_no_training() -> None:
    """Of 99 seconds, in a stage that trains otherwise."""
    found = {"classify": StageCost(seconds=40, peak_memory_mb=1),
             "segment": StageCost(seconds=59, peak_memory_mb=1,
                                  apart={"exporting the network": 22.0})}
    assert time_sentence(found) == \
        "77 of 99 seconds were training, 22 exporting the network."


def test_stages_are_in_their_order(make_run: Callable[..., RunFolder]) -> None:
    """Also where figures were computed again after the report."""
    run = make_run()
    record = StageRecord(fingerprint="x", done=True, seconds=30, peak_memory_mb=700, warnings=())
    write_record(record_file(run, "evaluate"), record)
    known = replace(read_metrics(run), stages={
        name: StageCost(seconds=1, peak_memory_mb=1) for name in ("report", "segment", "classify")})
    assert list(costs(run, known)) == ["classify", "segment", "evaluate", "report"]


def test_work_of_another_kind_is_recorded(tmp_path: Path) -> None:
    """And added up over attempts, as the whole time is."""
    run = RunFolder(tmp_path)
    for _ in range(2):
        with recorded(run, "segment", "x") as record, record.other_work("exporting the network"):
            pass
    kept = read_record(run, "segment")
    assert kept is not None
    assert list(kept.apart) == ["exporting the network"]
    with recorded(run, "segment", "another"):
        pass
    kept = read_record(run, "segment")
    assert kept is not None
    assert not kept.apart


def test_stages_after_the_metrics_count_too(make_run: Callable[..., RunFolder]) -> None:
    """`evaluate` writes the metrics before it knows its own cost."""
    run = make_run()
    record = StageRecord(fingerprint="x", done=True, seconds=30, peak_memory_mb=700, warnings=())
    write_record(record_file(run, "evaluate"), record)
    write_record(record_file(run, "report"), replace(record, done=False))
    found = costs(run, read_metrics(run))
    assert found == {"classify": StageCost(seconds=61.0, peak_memory_mb=1500),
                     "evaluate": StageCost(seconds=30, peak_memory_mb=700)}
    page = write_report(run).read_text(encoding="utf-8")
    assert "61 of 91 seconds were training, 30 scoring." in page
