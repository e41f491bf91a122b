"""What `run` says about the data before the training."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_runs import write_tags_csv

from tag2mask.cli.tables import inspection_parts, show
from tag2mask.core.progress import Progress
from tag2mask.data import check_photos, read_dataset
from tag2mask.data.dataset import Dataset, Photo, Problem
from tag2mask.data.inspection import inspect_dataset
from tag2mask.data.notices import MOST_SHOWN, announce_check, announce_findings, announce_reading


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """One photo, one notice, one problem, and more tied classes than are printed one by one."""
    photo = Photo(
        name="a", path=tmp_path / "a.png", tags=tuple(range(30)), split="train", mask=None
    )
    return Dataset(
        root=tmp_path, layout="tags_csv", classes=tuple(f"c{n:02}" for n in range(30)),
        photos=(photo,), problems=(Problem(photo="b", why="It is missing."),),
        notices=("Tags are separated by '|'.",),
    )


def said(data: Dataset, *, warnings: bool) -> list[str]:
    """Return the lines that a run prints even when it is quiet."""
    stream = io.StringIO()
    progress = Progress("quiet", stream=stream)
    announce_reading(progress, data)
    announce_findings(progress, data, warnings=warnings)
    return stream.getvalue().splitlines()


def test_notices_and_problems_are_printed(data: Dataset) -> None:
    """Each once, also by a quiet run."""
    assert said(data, warnings=False) == [
        "Warning: Tags are separated by '|'.", "Warning: b: It is missing.",
    ]


def test_many_warnings_are_cut_short(data: Dataset) -> None:
    """The same sentences as `inspect` has, and how many more there are."""
    lines = said(data, warnings=True)[2:]
    found = inspect_dataset(data).warnings
    assert lines[:MOST_SHOWN] == [f"Warning: {line}" for line in found[:MOST_SHOWN]]
    assert lines[MOST_SHOWN:] == [
        f"Warning: {len(found) - MOST_SHOWN} more; `tag2mask inspect` counts them."
    ]


def test_only_the_order_of_the_labels_that_is_used_is_printed(tmp_path: Path) -> None:
    """Without classes.txt labels follow the names, unless the check of the masks finds another."""
    data = write_tags_csv(tmp_path / "tiny")
    (data / "classes.txt").unlink(missing_ok=True)
    for path in (data / "masks").iterdir():
        labels = np.array(Image.open(path))
        Image.fromarray(np.array([0, 2, 1], np.uint8)[labels]).save(path)
    stream = io.StringIO()
    progress = Progress("quiet", stream=stream)
    read = read_dataset(data)
    announce_reading(progress, read)
    announce_check(progress, read, check_photos(read, workers=0))
    printed = stream.getvalue()
    assert "1 = block" not in printed
    assert "2 = block, 1 = disc, which agrees with the tags" in printed


def test_inspect_lists_the_notices(data: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    """Above the tables, and only where there are any."""
    show(inspection_parts(data, inspect_dataset(data)))
    assert "How the data were read:\n- Tags are separated by '|'." in capsys.readouterr().out
    without = replace(data, notices=())
    show(inspection_parts(without, inspect_dataset(without)))
    assert "How the data were read" not in capsys.readouterr().out
