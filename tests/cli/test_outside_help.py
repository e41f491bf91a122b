"""The option `--outside-help` of `run` is one setting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_pipeline import FakePipeline
from typer.testing import Result

Typed = Callable[..., Result]


@pytest.mark.parametrize("kind", ["none", "auto", "saliency", "sam"])
def test_one_word_is_one_setting(
    kind: str, pipeline: FakePipeline, typed: Typed, tmp_path: Path
) -> None:
    """It comes after the settings of --set."""
    words = ("run", "data", "--out", tmp_path / "run", "--outside-help", kind,
             "--set", "seed=4")
    assert typed(*words).exit_code == 0
    (_, _, options), = pipeline.calls
    assert options["overrides"] == ["seed=4", f"sharpen.outside_help={kind}"]


def test_without_it_the_setting_decides(
    pipeline: FakePipeline, typed: Typed, tmp_path: Path
) -> None:
    """A configuration file keeps its value."""
    assert typed("run", "data", "--out", tmp_path / "run").exit_code == 0
    assert pipeline.calls[0][2]["overrides"] == []


def test_another_word_is_refused(pipeline: FakePipeline, typed: Typed, tmp_path: Path) -> None:
    """Before anything runs."""
    words = ("run", "data", "--out", tmp_path / "run", "--outside-help", "clip")
    assert typed(*words).exit_code == 2
    assert pipeline.calls == []
