"""Groups of settings that trade time for quality."""

from __future__ import annotations

from pathlib import Path

import pytest

import tag2mask
from tag2mask.core.contracts import InputError
from tag2mask.pipeline.config import Config, load_config
from tag2mask.pipeline.quality import quality_settings


def test_every_group_is_valid_and_default_changes_nothing() -> None:
    """The other two change settings on either side of it."""
    fast, usual, best = (
        load_config(None, quality_settings(name)) for name in ("fast", "default", "best"))
    assert usual == Config()
    assert fast.classify.size < usual.classify.size < best.classify.size


def test_misspelt_quality() -> None:
    """The nearest name is suggested."""
    with pytest.raises(InputError, match="There is no quality 'bset'; did you mean best"):
        quality_settings("bset")


def test_quality_and_settings_are_not_mixed(tmp_path: Path) -> None:
    """Both give all settings, so one would silently win."""
    with pytest.raises(InputError, match="give one of them"):
        tag2mask.run("photos", tmp_path / "run", quality="fast", config={"seed": 1})
