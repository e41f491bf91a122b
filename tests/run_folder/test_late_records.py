"""The record of the data set, which the first process writes for all, may be shown late."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.core.processes import late_files
from tag2mask.data.dataset import Dataset
from tag2mask.run_folder.data_file import read_run_dataset, write_dataset
from tag2mask.run_folder.folder import RunFolder


def test_a_late_data_set_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not taken for a folder without a run; but not for ever."""
    monkeypatch.setattr(late_files, "count", lambda: 2)
    run = RunFolder(tmp_path)
    write_dataset(run, Dataset(root=tmp_path, layout="voc", classes=("cat",), photos=()))
    late = run.data.rename(tmp_path / "late.json")
    threading.Timer(0.3, lambda: late.rename(run.data)).start()
    assert read_run_dataset(run).classes == ("cat",)
    run.data.unlink()
    monkeypatch.setattr(late_files, "PATIENCE", 0.05)
    with pytest.raises(InputError, match="is no run folder"):
        read_run_dataset(run)
