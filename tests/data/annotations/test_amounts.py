"""What annotations took is read from the log of the review page where there is one."""

from __future__ import annotations

import shutil
from pathlib import Path

from tag2mask.annotation.costs import AnnotationConfig
from tag2mask.annotation.work_log import LOG, Entry, add_entry
from tag2mask.data import read_dataset
from tag2mask.data.annotations.amounts import amounts_of


def test_minutes_are_those_of_the_log(data_copy: Path) -> None:
    """All entries of a photo count; damaged lines are passed over."""
    folder = data_copy / "annotations"
    folder.mkdir()
    for name in ("p01", "p02"):
        shutil.copy(data_copy / "masks" / f"{name}.png", folder)
    log = folder / LOG
    for seconds in (20.0, 10.0):
        add_entry(log, Entry("p01", "corrected", 1, "2026-01-01T00:00:00+00:00", seconds, 3))
    with log.open("ab") as file:
        file.write(b'{"name": "p01", "state": "corrected", "sitting": 1, "when": "", '
                   b'"seconds": "many", "clicks": 0}\n{"name": "p0')
    dataset = read_dataset(data_copy)
    amounts = amounts_of(dataset, dataset.photos)
    assert amounts.masks == 2
    assert amounts.minutes(AnnotationConfig(mask_seconds=60)) == (30 + 60) / 60
