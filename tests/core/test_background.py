"""A background process works, stops when asked to, and ends with its parent in any case."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tag2mask.core.background import Background

_PARENT = """
import sys
from tag2mask.core.background import Background
background = Background("signal:pause")
print(background._process.pid, flush=True)
sys.stdin.read()
"""
PATIENCE = 60_000
"""Milliseconds after which a process that should end is taken to hang."""


def ends(pidfd: int) -> bool:
    """Wait for the end of the process with this descriptor."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(PATIENCE))


def test_it_calls_the_function(tmp_path: Path) -> None:
    """With its words, and in another process."""
    background = Background("os:mkdir", str(tmp_path / "made"))
    assert background.wait()
    assert (tmp_path / "made").is_dir()
    background.stop()


def test_a_failure_is_silent(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The caller learns it only from `wait`."""
    background = Background("os:rmdir", str(tmp_path / "missing"))
    assert not background.wait()
    assert capfd.readouterr() == ("", "")
    background.stop()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux has descriptors of processes")
def test_stop_ends_it() -> None:
    """Also if it would go on forever, and again without effect."""
    background = Background("signal:pause")
    assert background._process is not None
    pidfd = os.pidfd_open(background._process.pid)
    background.stop()
    assert ends(pidfd)
    background.stop()
    os.close(pidfd)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux has descriptors of processes")
def test_it_does_not_outlive_a_killed_parent() -> None:
    """SIGKILL leaves the parent no time to end it."""
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pidfd = os.pidfd_open(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    assert ends(pidfd)
    os.close(pidfd)


def test_without_an_interpreter_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a frozen program, which would start itself again."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    background = Background("signal:pause")
    assert not background.wait()
    background.stop()
