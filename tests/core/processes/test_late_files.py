"""Files that a network file system shows late are waited for, within a bound."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tag2mask.core.processes import late_files


def test_one_process_does_not_wait(tmp_path: Path) -> None:
    """A missing file is missing."""
    start = time.monotonic()
    late_files.await_file(tmp_path / "missing")
    assert time.monotonic() - start < late_files.PATIENCE / 10


def test_a_late_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as it is visible."""
    monkeypatch.setattr(late_files, "count", lambda: 2)
    threading.Timer(0.3, (tmp_path / "late").touch).start()
    late_files.await_file(tmp_path / "late")
    assert (tmp_path / "late").exists()


def test_the_wait_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the file then reports it."""
    monkeypatch.setattr(late_files, "count", lambda: 2)
    monkeypatch.setattr(late_files, "PATIENCE", 0.05)
    late_files.await_file(tmp_path / "nowhere" / "missing")


def test_several_late_files_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that never comes is the last that is waited for; in one process none is."""
    paths = [tmp_path / name for name in ("a", "b", "c")]
    late_files.await_files(paths)
    monkeypatch.setattr(late_files, "count", lambda: 2)
    for path in paths:
        threading.Timer(0.3, path.touch).start()
    late_files.await_files(paths)
    assert all(path.exists() for path in paths)
    waited: list[Path] = []
    monkeypatch.setattr(late_files, "await_file", waited.append)
    paths[1].unlink()
    late_files.await_files(paths)
    assert waited == paths[:2]
