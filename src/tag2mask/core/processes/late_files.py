"""Files of other processes on a network file system, which shows new files late."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tag2mask.core.processes.state import count

PATIENCE = 30.0
"""Seconds until a file that another process has written counts as missing."""

_INTERVAL = 0.2


def await_file(path: Path) -> None:
    """Wait until a file is visible that another process may have written; not forever.

    With one process, return at once: it sees its own files.
    """
    if count() == 1:
        return
    end = time.monotonic() + PATIENCE
    while not path.exists() and time.monotonic() < end:
        with suppress(OSError):  # listing the folder lets NFS ask the server again
            next(path.parent.iterdir(), None)
        threading.Event().wait(_INTERVAL)


def await_files(paths: Iterable[Path]) -> None:
    """Wait for several files, of which one that never comes is waited for alone.

    For files whose absence has a meaning to their readers, who therefore do not wait themselves.
    """
    if count() > 1:
        for path in paths:
            await_file(path)
            if not path.exists():
                return
