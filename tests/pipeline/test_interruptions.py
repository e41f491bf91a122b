"""Killed at any moment and started again, a run ends where it would have ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from loaded_before import ended
from tiny_runs import KILL_AFTER, KILL_BEFORE, QUICK, results
from typer.testing import Result

LAUNCH = Path(__file__).with_name("tiny_runs.py")
REAL = "import tag2mask.cli; tag2mask.cli.main()"
SETTINGS = [word for setting in QUICK for word in ("--set", setting)]

# A file, and whether the process dies before or after it gets its name.
FEW = [
    (KILL_AFTER, "classifier/checkpoint.safetensors"), (KILL_BEFORE, "maps/p06.npz"),
    (KILL_AFTER, "segmenter/checkpoint.safetensors"),
]
MANY = [
    (KILL_BEFORE, "data.json"), (KILL_AFTER, "config.toml"),
    (KILL_AFTER, "classifier/weights.safetensors"),
    (KILL_BEFORE, "classifier/checkpoint.safetensors"), (KILL_BEFORE, "classifier/tags.csv"),
    (KILL_AFTER, "classifier/metrics.json"), (KILL_AFTER, "maps/p09.npz"),
    (KILL_BEFORE, "sharp/background.json"), (KILL_AFTER, "sharp/p07.npz"),
    (KILL_BEFORE, "masks/p05.png"), (KILL_BEFORE, "segmenter/weights.safetensors"),
    (KILL_AFTER, "segmenter/metrics.json"), (KILL_BEFORE, "segmenter/model.onnx"),
    (KILL_AFTER, "segmenter/model.onnx"), (KILL_AFTER, "predictions/p13.png"),
    (KILL_BEFORE, "metrics.json"), (KILL_AFTER, "metrics.json"), (KILL_BEFORE, "report.html"),
]


@contextmanager
def started(
    data: Path, out: Path, *, program: tuple[str, ...] = (str(LAUNCH),), **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """Start `tag2mask run` in a process of its own."""
    words = [sys.executable, *program, "run", str(data), "--out", str(out), *SETTINGS, "--quiet"]
    with subprocess.Popen(
        words, env={**os.environ, **environment}, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def finish(data: Path, out: Path, **environment: str) -> int | None:
    """Run to the end, or to the kill, and give the exit code."""
    return ended(["run", data, "--out", out, *SETTINGS, "--quiet"], **environment)


def test_the_same_command_goes_on_after_kill_9(
    tiny_data: Path, finished: Path, tmp_path: Path
) -> None:
    """In every kind of stage once, one death after the other, then to the end."""
    out = tmp_path / "run"
    for when, name in FEW:
        assert finish(tiny_data, out, **{when: name}) == -signal.SIGKILL
    assert finish(tiny_data, out) == 0
    assert differing(out, finished) == []


@pytest.mark.slow
@pytest.mark.parametrize(("when", "name"), MANY)
def test_a_kill_at_any_moment_changes_nothing(
    when: str, name: str, tiny_data: Path, finished: Path, tmp_path: Path
) -> None:
    """Before and after each file that a stage could mistake for a finished one."""
    assert finish(tiny_data, tmp_path / "run", **{when: name}) == -signal.SIGKILL
    assert finish(tiny_data, tmp_path / "run") == 0
    assert differing(tmp_path / "run", finished) == []


@pytest.mark.slow
def test_the_real_command_survives_kills_from_outside(tiny_data: Path, tmp_path: Path) -> None:
    """As it is installed, ONNX export included, killed whenever a file of each stage appears."""
    whole, out, real = tmp_path / "whole", tmp_path / "run", ("-c", REAL)
    with started(tiny_data, whole, program=real) as process:
        process.communicate()
    for sign in ("classifier/checkpoint*", "maps/p*", "masks/p*", "segmenter/checkpoint*",
                 "predictions/p*"):
        with started(tiny_data, out, program=real) as process:
            wait_for(out, sign, process)
    with started(tiny_data, out, program=real) as process:
        process.communicate()
        assert process.returncode == 0
    assert differing(out, whole) == []


def test_a_prediction_that_was_killed_is_repeated(
    tiny_data: Path, finished: Path, command: Callable[..., Result], tmp_path: Path
) -> None:
    """Its masks without a table are its own, and the temporary file goes."""
    words = ["predict", tiny_data / "images", "--run", finished, "--out", tmp_path, "-q",
             "--workers", 0]
    assert ended(words, **{KILL_BEFORE: "masks/p03.png"}) == -signal.SIGKILL
    assert len(list(tmp_path.glob("masks/p*"))) == 3
    assert list(tmp_path.rglob("*.tmp*"))
    assert command(*words).exit_code == 0
    assert len(list(tmp_path.glob("masks/p*"))) == 16
    assert not list(tmp_path.rglob("*.tmp*"))


@pytest.mark.parametrize(("number", "name", "code"), [
    (signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143),
])
def test_a_signal_ends_in_one_line(
    number: int, name: str, code: int, tiny_data: Path, tmp_path: Path
) -> None:
    """And with the exit code that shells give it; no traceback, no half file, no lock."""
    with started(tiny_data, tmp_path / "run") as process:
        wait_for(tmp_path / "run", "classifier/checkpoint*", process)
        process.send_signal(number)
        out, err = process.communicate()
    assert process.returncode == code
    assert out == ""
    told = [line for line in err.splitlines() if line and not line.startswith("Warning: ")]
    assert told == [f"Stopped by {name}; the same command continues from here."]
    assert list((tmp_path / "run").rglob("*.tmp*")) == []
    assert not (tmp_path / "run" / "run.lock").exists()


def differing(run: Path, wanted: Path) -> list[str]:
    """Name the files of two runs that are not the same, or only in one."""
    one, other = results(run), results(wanted)
    return [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]


def wait_for(folder: Path, sign: str, process: subprocess.Popen[str]) -> None:
    """Return as soon as a file appears, or the process has ended."""
    while process.poll() is None and not any(folder.glob(sign)):
        time.sleep(0.001)
