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
