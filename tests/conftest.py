"""One small data set and one finished run over it, shared by all tests that need the whole path."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tiny_runs import QUICK, write_tags_csv
from typer.testing import CliRunner, Result

from tag2mask import pipeline
from tag2mask.cli import app
from tag2mask.core.precision import PRECISION
from tag2mask.run_folder.folder import RunFolder

Run = Callable[..., RunFolder]

# Also of processes that tests start: in bfloat16 results are equal to fewer digits.
os.environ[PRECISION] = "float32"


def pytest_collection_finish() -> None:
    """Take what is loaded so far out of the garbage collection, which every stage of a run does."""
    _freeze()


def _freeze() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Draw the same numbers in every test, whichever ran before."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a tags.csv data set of 16 drawn photos, with masks; not to be changed."""
    return write_tags_csv(tmp_path_factory.mktemp("data") / "tiny")


@pytest.fixture(scope="session")
def _finished(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "tiny"
    pipeline.run(tiny_data, out, overrides=QUICK)
    _freeze()  # a run loads much of torch that nothing has loaded before
    return out


@pytest.fixture
def finished(_finished: Path) -> Path:
    """Give a run that went through everything; not to be changed."""
    return _finished


@pytest.fixture
def copied(_finished: Path, tmp_path: Path) -> Path:
    """Give a copy of the finished run, to do anything with."""
    return Path(shutil.copytree(_finished, tmp_path / "copied"))


@pytest.fixture
def data_copy(tiny_data: Path, tmp_path: Path) -> Path:
    """Give a copy of the data set, to damage."""
    return Path(shutil.copytree(tiny_data, tmp_path / "tiny"))


@pytest.fixture
def run_quickly() -> Run:
    """Give `tag2mask.run` with the quick settings; more settings may follow by position."""

    def run(data: Path, out: Path, *overrides: str, seed: int | None = None) -> RunFolder:
        return pipeline.run(data, out, overrides=[*QUICK, *overrides], seed=seed)

    return run


@pytest.fixture
def command() -> Callable[..., Result]:
    """Give the command line: words in, exit code and output out."""
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])
