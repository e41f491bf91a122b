"""Known failures are one sentence and a code; unknown ones keep their traceback."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable

import pytest
from fake_pipeline import FakePipeline
from typer.testing import Result

from tag2mask.core.contracts import InputError

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
        (full_disk("maps/a.npz"), 2, "Error: The disk is full: maps/a.npz was not written; "
         "free some space and repeat the command."),
        (wrapped(full_disk()), 2,
         "Error: The disk is full: free some space and repeat the command."),
        (RuntimeError("I/O error: No space left on device (os error 28)"), 2,
         "Error: The disk is full: free some space and repeat the command."),
        (PermissionError(errno.EACCES, "Permission denied", "a.jpg"), 2,
         "Error: a.jpg may not be read or written; change its permissions."),
        (KeyboardInterrupt(), 130, "Stopped; the same command goes on from here."),
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


def test_an_unknown_failure_is_not_hidden(pipeline: FakePipeline, typed: Typed) -> None:
    """It is a fault of ours, and the traceback is what mends it."""
    pipeline.error = ZeroDivisionError("ours")
    result = typed("label", "runs/a")
    assert result.exit_code == 1
    assert result.exception is pipeline.error


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
