"""Commands as typed, over a pipeline that does nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from fake_pipeline import FakePipeline, Summary, finished_run
from typer.testing import CliRunner, Result

import tag2mask
from tag2mask.api import running  # noqa: F401 - while the pipeline is the real one
from tag2mask.cli import app
from tag2mask.data.dataset import Problem


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    """Put a fake pipeline in the place of the real one."""
    fake, module = FakePipeline(), ModuleType("tag2mask.pipeline")
    lost = [Problem(photo=f"p{n}.jpg", why="It ends too early.") for n in range(12)]
    results: dict[str, Callable[..., Any]] = {
        "run": lambda data, out: finished_run(out), "demo": finished_run,
        "run_stage": lambda name, run: None, "predict": lambda inputs: Summary(3, lost),
    }
    for name, result in results.items():
        setattr(module, name, fake.make(name, result))
    monkeypatch.setitem(sys.modules, "tag2mask.pipeline", module)
    monkeypatch.setattr(tag2mask, "pipeline", module, raising=False)
    return fake


@pytest.fixture
def typed() -> Callable[..., Result]:
    """Run a command as typed, in a terminal where the path of a temporary folder fits a line."""
    return lambda *words: CliRunner().invoke(
        app, [str(word) for word in words], env={"COLUMNS": "200"}
    )
