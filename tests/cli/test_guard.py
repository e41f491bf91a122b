"""Every failure is one sentence and a code; unknown ones leave their traceback in a file."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_pipeline import FakePipeline
from typer.testing import Result

from tag2mask.core.contracts import InputError, SourceError

Typed = Callable[..., Result]


def full_disk(name: str | None = None) -> OSError:
    """Make the error of a full disk."""
    return OSError(errno.ENOSPC, "No space left on device", name)


def wrapped(inner: BaseException) -> RuntimeError:
    """Hide an error behind another, as libraries do."""
    outer = RuntimeError("writing failed")
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("tags.csv has no column\n  'tags'; add it."), 2,
         "Error: tags.csv has no column 'tags'; add it."),
        (SourceError("The bucket does not\n answer."), 2, "Error: The bucket does not answer."),
        (full_disk("maps/a.npz"), 2, "Error: The disk is full: maps/a.npz was not written; "
         "free some space and repeat the command."),
        (wrapped(full_disk()), 2,
         "Error: The disk is full: free some space and repeat the command."),
        (RuntimeError("I/O error: No space left on device (os error 28)"), 2,
         "Error: The disk is full: free some space and repeat the command."),
        (PermissionError(errno.EACCES, "Permission denied", "a.jpg"), 2,
         "Error: a.jpg may not be read or written; change its permissions."),
        (OSError(errno.EIO, "Input/output error", "a.jpg"), 2,
         "Error: a.jpg: Input/output error; check that disk and folder work, and repeat."),
        (OSError(errno.ESTALE, "Stale file handle"), 2, "Error: Stale file handle; the network "
         "folder was replaced or lost; mount it again and repeat."),
        (InputError("caf\udce9.jpg \x1b[31m is red"), 2, r"Error: caf\xe9.jpg \x1b[31m is red"),
        (InputError(f"seed wants a number, not {'[' * 70_000}x."), 2,
         f"Error: seed wants a number, not {'[' * 150}...{'[' * 148}x."),
        (InputError(f"run.toml declares {'a, ' * 5_000}twice."), 2,
         f"Error: run.toml declares {('a, ' * 500)[:1400 - 18]} ... {('a, ' * 500)[-294:]}twice."),
        (MemoryError(), 2, "Error: The memory is not enough for this; use a smaller size, "
         "batch_size or long_side, fewer --workers, or a machine with more memory."),
        (KeyboardInterrupt(), 130, "Stopped by Ctrl-C; the same command continues from here."),
    ],
)
def test_known_failures_are_one_line(
    error: BaseException, code: int, line: str, pipeline: FakePipeline, typed: Typed
) -> None:
    """On stderr, nothing on stdout, no traceback."""
    pipeline.error = error
    result = typed("label", "runs/a")
    assert result.exit_code == code
    assert result.stderr.strip() == line
    assert result.stdout == ""


def circle() -> OSError:
    """Make an error that is its own cause."""
    error = OSError("ours")
    error.__cause__ = error
    return error


@pytest.mark.parametrize("error", [ZeroDivisionError("ours"), circle(), RecursionError("ours")])
def test_an_unknown_failure_names_the_file_with_its_traceback(
    error: Exception, pipeline: FakePipeline, typed: Typed, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is a fault of ours, and the traceback is needed to fix it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pipeline.error = error
    result = typed("label", "runs/a")
    [details] = tmp_path.iterdir()
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {type(error).__name__}: ours")
    assert str(details) in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "fake_pipeline.py" in details.read_text(encoding="utf-8")


def test_without_a_place_for_details_they_are_printed(
    pipeline: FakePipeline, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that is full or cannot be written."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    pipeline.error = ZeroDivisionError("ours")
    result = typed("label", "runs/a")
    assert result.exit_code == 1
    assert "fake_pipeline.py" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Error: ZeroDivisionError: ours")


def test_mistyped_options_have_code_two(typed: Typed) -> None:
    """A missing --out, and a device that does not exist."""
    assert typed("demo").exit_code == 2
    assert typed("demo", "--out", "x", "--device", "tpu").exit_code == 2


def test_nothing_heavy_is_loaded_before_a_command() -> None:
    """`tag2mask --help` has a second; torch alone takes longer."""
    code = "import tag2mask.cli, sys; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "numpy", "matplotlib", "PIL", "onnxruntime", "numba", "safetensors"}
    assert not heavy & set(told.stdout.split())
