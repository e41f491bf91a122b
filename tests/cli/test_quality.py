"""The option `--quality` of `run`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from fake_pipeline import FakePipeline
from typer.testing import Result

from tag2mask.pipeline.quality import Quality

Typed = Callable[..., Result]


@pytest.mark.parametrize("quality", get_args(Quality))
def test_the_word_goes_to_the_run(
    quality: str, pipeline: FakePipeline, typed: Typed, tmp_path: Path
) -> None:
    """Beside single settings."""
    words = ("run", "data", "--out", tmp_path / "run", "--quality", quality, "--set", "seed=4")
    assert typed(*words).exit_code == 0
    (_, _, options), = pipeline.calls
    assert (options["quality"], options["overrides"]) == (quality, ["seed=4"])


def test_another_word_is_refused(pipeline: FakePipeline, typed: Typed, tmp_path: Path) -> None:
    """Before anything runs."""
    assert typed("run", "data", "--out", tmp_path / "run", "--quality", "good").exit_code == 2
    assert pipeline.calls == []
