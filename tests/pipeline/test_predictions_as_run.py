"""A folder that `predict` wrote is no run, for any command that takes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tag2mask.data.dataset import Dataset
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.recognising import PREDICTION
from tag2mask.stages import STAGES


@pytest.mark.parametrize("words", [
    *((stage.name, "made") for stage in STAGES), ("next", "made"), ("review", "made"),
    ("push", "made", "--to", "pushed"), ("doctor", "--report", "made"),
    ("plan", "data", "--run", "made"), ("explain", "a.jpg", "--run", "made"),
    ("inspect", "data", "--deep", "-q", "--out", "inspected", "--run", "made"),
    ("predict", "a.jpg", "--out", "out", "--run", "made"),
])
def test_it_is_refused_in_one_sentence(
    words: tuple[str, ...], command: Callable[..., Result], tiny_data: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its data.json has photos and classes too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(tiny_data)
    made = Dataset(root=tmp_path, layout=PREDICTION, classes=("block", "disc"), photos=())
    write_dataset(RunFolder(tmp_path / "made"), made)
    result = command(*words)
    assert result.exit_code == 2, (result.output, result.exception)
    told = [line for line in result.stderr.splitlines() if not line.startswith("Warning: ")]
    assert len(told) == 1, result.stderr
    assert told[0].startswith(
        "Error: made is no run folder: it holds masks that `tag2mask predict` wrote; give the ")
