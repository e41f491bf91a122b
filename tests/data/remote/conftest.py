"""Copies of data sets go into a folder of the test, and nobody waits between attempts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tag2mask.data.remote import attempts


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of the copies."""
    monkeypatch.setenv("TAG2MASK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(attempts, "PAUSES", (0.0, 0.0))
    return tmp_path / "cache" / "data"
