"""One process writes; a second is refused with a word about the first; a dead one holds nothing."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tag2mask.run_folder import lock as pipeline_lock
from tag2mask.run_folder.lock import LOCK, BusyError, in_use, locked

HOLD = """
import sys; from pathlib import Path; from tag2mask.run_folder.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock of a folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_refused_and_named_the_first_until_that_is_killed(tmp_path: Path) -> None:
    """Its file stays behind, its lock does not."""
    with holder(tmp_path) as first:
        with pytest.raises(BusyError) as caught, locked(tmp_path):
            pass
        told = json.loads((tmp_path / LOCK).read_text(encoding="utf-8"))
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert told["pid"] == first.pid
    for word in (f"process {first.pid}", platform.node(), told["since"], str(tmp_path)):
        assert word in str(caught.value)
    assert (tmp_path / LOCK).exists()
    with locked(tmp_path):
        assert json.loads((tmp_path / LOCK).read_text(encoding="utf-8"))["pid"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_a_second_run_of_the_same_process_is_refused_too(tmp_path: Path) -> None:
    """As from two threads of a notebook; afterwards the folder is free."""
    with locked(tmp_path), pytest.raises(BusyError), locked(tmp_path):
        pass
    with locked(tmp_path), locked(tmp_path, name="other.lock"):
        pass


def test_folders_that_were_made_for_it_go_with_it(tmp_path: Path) -> None:
    """Unless something was written into them."""
    with locked(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b" / LOCK).exists()
    assert not list(tmp_path.iterdir())
    with locked(tmp_path / "a" / "b"):
        (tmp_path / "a" / "note.txt").touch()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["note.txt"]


@pytest.mark.parametrize(("content", "free"), [
    ("", True), ("no JSON", True), ("[]", True),
    (json.dumps({"pid": 2**22 + 1, "host": platform.node()}), True),
    (json.dumps({"pid": os.getppid(), "host": platform.node()}), False),
])
def test_without_locks_of_the_system_the_process_is_looked_up(
    content: str, free: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system that has none; what cannot be read holds nobody back."""
    monkeypatch.setattr(pipeline_lock, "_lock", lambda file: None)
    (tmp_path / LOCK).write_text(content, encoding="utf-8")
    if free:
        with locked(tmp_path):
            assert (tmp_path / LOCK).exists()
    else:
        with pytest.raises(BusyError, match=f"process {os.getppid()}"), locked(tmp_path):
            pass


def test_a_folder_is_in_use_while_its_lock_is_held(tmp_path: Path) -> None:
    """A file that was left behind by a killed process does not count; asking changes nothing."""
    assert not in_use(tmp_path)
    with holder(tmp_path) as first:
        assert in_use(tmp_path)
        first.kill()
    assert (tmp_path / LOCK).exists()
    assert not in_use(tmp_path)
    with locked(tmp_path):
        assert in_use(tmp_path)
    assert not list(tmp_path.iterdir())
