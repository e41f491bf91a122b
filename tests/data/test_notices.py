"""What `run` says about the data before the training."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from tag2mask.cli.tables import inspection_parts, show
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Dataset, Photo, Problem
from tag2mask.data.inspection import inspect_dataset
from tag2mask.data.notices import MOST_SHOWN, announce_findings, announce_notices


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """One photo, one notice, one problem, and more rare classes than are printed one by one."""
    photo = Photo(name="a", path=tmp_path / "a.png", tags=(0,), split="train", mask=None)
    return Dataset(
        root=tmp_path, layout="tags_csv", classes=tuple(f"c{n:02}" for n in range(30)),
        photos=(photo,), problems=(Problem(photo="b", why="It is missing."),),
        notices=("Tags are separated by '|'.",),
    )


def said(data: Dataset, *, warnings: bool) -> list[str]:
    """Return the lines that a run prints even when it is quiet."""
    stream = io.StringIO()
    progress = Progress("quiet", stream=stream)
    announce_notices(progress, data.notices)
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


def test_inspect_lists_the_notices(data: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    """Above the tables, and only where there are any."""
    show(inspection_parts(data, inspect_dataset(data)))
    assert "How the data were read:\n- Tags are separated by '|'." in capsys.readouterr().out
    without = replace(data, notices=())
    show(inspection_parts(without, inspect_dataset(without)))
    assert "How the data were read" not in capsys.readouterr().out
