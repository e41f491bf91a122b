"""Lock a folder so that only one process writes to it; readers need no lock."""

from __future__ import annotations

import errno
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from tag2mask.core.contracts import InputError
from tag2mask.core.data_address import refuse_address

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = "run.lock"
"""The file that is locked while a process writes to its folder."""

_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_BEHIND = 2**20
"""Position of the byte to lock on Windows, past the content, so that it remains readable."""


class BusyError(InputError):
    """Another process is writing to the folder."""


@contextmanager
def locked(folder: Path, *, name: str = LOCK) -> Iterator[None]:
    """Prevent other processes from writing to `folder` until the block ends.

    The system releases the lock if the process dies in any way. The file names the process, for the
    message of processes that are refused, and is removed at the end.

    Args:
        folder: the folder; created if missing.
        name: name of the lock file; processes that may share a folder use different names.

    Raises:
        BusyError: another process, or another thread of this one, holds the lock.
        InputError: the file cannot be written.
    """
    refuse_address(folder, "results")
    path = folder / name
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    file = _open(path)
    try:
        _take(file, path)
        try:
            yield
        finally:
            if sys.platform != "win32":  # on systems where open files cannot be removed
                path.unlink(missing_ok=True)
    finally:
        file.close()
        if sys.platform == "win32":
            with suppress(OSError):
                path.unlink(missing_ok=True)
        with suppress(OSError):  # refused commands leave no empty folders
            for place in missing:
                place.rmdir()


def in_use(folder: Path, *, name: str = LOCK) -> bool:
    """Return whether a process holds the lock of a folder; the folder is not changed."""
    try:
        with (folder / name).open("r+", encoding="utf-8", errors="replace") as file:
            return _lock(file) is False
    except OSError:
        return False


def _open(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+", encoding="utf-8",
                         errors="replace")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}; choose another --out."
                         ) from error


def _take(file: IO[str], path: Path) -> None:
    held = _lock(file)
    holder = _holder(file)
    if held is None:  # file system without locks: check whether the process is alive
        held = not (_here(holder) and _alive(holder.get("pid")))
    # The previous holder may have removed the file between our opening and locking it.
    if not held or not _is_at(file, path):
        raise BusyError(_refusal(path, holder))
    file.seek(0)
    file.truncate()
    json.dump({"pid": os.getpid(), "host": platform.node(),
               "since": datetime.now().astimezone().isoformat(timespec="seconds")}, file)
    file.flush()


def _lock(file: IO[str]) -> bool | None:
    """Return whether the lock was acquired; None if the file system does not support locks."""
    try:
        if sys.platform == "win32":
            os.lseek(file.fileno(), _BEHIND, os.SEEK_SET)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in _TAKEN else None
    return True


def _holder(file: IO[str]) -> dict[str, object]:
    """Read the content written by the last holder; {} if it was killed before writing."""
    file.seek(0)
    try:
        content = json.loads(file.read(10_000))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _here(holder: dict[str, object]) -> bool:
    return holder.get("host") == platform.node()


def _alive(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0 or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _is_at(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _refusal(path: Path, holder: dict[str, object]) -> str:
    who = "another process"
    if holder:
        who = f"process {holder.get('pid')} on {holder.get('host')}, since {holder.get('since')},"
    return (f"{path.parent} is being written by {who} and two would destroy each other's files; "
            "wait for it, stop it, or choose another --out.")
