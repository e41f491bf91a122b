"""Empty masks of tagged photos are reported, and do not rank as the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tag2mask.core.json_fields import to_json
from tag2mask.core.json_records import write_record
from tag2mask.data import save_mask
from tag2mask.run_folder.context import record_file
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import (
    EvaluateAbout,
    LabelAbout,
    SplitCounts,
    StageAbout,
    StageRecord,
    read_metrics,
)
from tag2mask.stages.report.findings import headline
from tag2mask.stages.report.page import write_report
from tag2mask.stages.report.ranking import rank

MakeRun = Callable[..., RunFolder]


def write_about(run: RunFolder, about: StageAbout) -> None:
    """Write the record of a stage that is done."""
    record = StageRecord(fingerprint="x", done=True, seconds=1, peak_memory_mb=1, warnings=())
    write_record(record_file(run, about.stage), record, about=to_json(about))


def test_two_empty_masks_do_not_agree(make_run: MakeRun) -> None:
    """Of a photo with a tag: it is the last in the order, not the first."""
    run = make_run(masks=False)
    photos = read_run_dataset(run).photos
    for file in (run.mask_file, run.prediction_file):
        save_mask(file(photos[2].name), np.zeros((48, 64), np.uint8), num_labels=3)
    measure, ranked = rank(run, photos, 3)
    assert measure.startswith("agreement")
    assert [photo.name for _, photo in ranked][-1] == photos[2].name
    assert ranked[-1][0] == 0.5
    assert ranked[0][0] == 1.0


def test_they_are_listed(make_run: MakeRun) -> None:
    """With their number, the first names, all of them on demand, and what to do."""
    run = make_run(photos=6)
    write_about(run, LabelAbout(factor=1, oracle=False, empty=tuple("abcd")))
    write_about(run, EvaluateAbout(empty_final=("e",)))
    page = write_report(run).read_text(encoding="utf-8")
    assert ("4 of 6 photos with a tag have a pseudo mask without any pixel of a class: a, b, c and "
            "1 more. The network learns that nothing is there.") in page
    assert "tag2mask review" in page
    assert "1 of 6 photos with a tag has a final mask without any pixel" in page
    assert "<summary>All 4</summary>" in page


def test_few_held_out_photos_are_named(make_run: MakeRun) -> None:
    """At the figure, and in the first paragraph."""
    run = make_run(masks=False)
    known = read_metrics(run)
    assert known.data is not None
    data = replace(known.data, counts={"val": SplitCounts(photos=5, masks=0)})
    top = headline(replace(known, data=data))
    assert top is not None
    assert "on 5 held-out photos" in top.what
    assert top.meaning.startswith("Only 5 held-out photos: ")
    page = write_report(run).read_text(encoding="utf-8")
    assert "5 other photos are held out" in page
