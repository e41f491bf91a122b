"""A process that does something in the background, and never outlives the one that started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from importlib import import_module

_CODE = (
    "import os, sys; sys.path[:] = sys.argv[1].split(os.pathsep); "
    "from tag2mask.core.background import serve; serve(sys.argv[2], *sys.argv[3:])"
)
"""The child gets the path of its parent, so that it imports the same modules."""


class Background:
    """A process that calls a function once, with the lowest priority, and discards its output.

    It ends with its parent, however that ends: the parent holds the other end of its standard
    input, which the system closes. Signals from the terminal do not reach it. Where no process can
    be started, nothing happens, so it is only for work that can be left out.
    """

    def __init__(self, function: str, *words: str) -> None:
        """Start the process.

        Args:
            function: `module:function`; must not need anything of this process.
            words: its arguments.
        """
        self._process: subprocess.Popen[bytes] | None = None
        if not sys.executable or getattr(sys, "frozen", False):
            return  # a frozen program would start itself again
        path = os.pathsep.join(sys.path)
        with suppress(OSError):
            self._process = subprocess.Popen(
                [sys.executable, "-c", _CODE, path, function, *words], stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )

    def wait(self) -> bool:
        """Wait until the process has ended; return whether it succeeded."""
        return self._process is not None and self._process.wait() == 0

    def stop(self) -> None:
        """End the process if it is still running, and wait until it has ended."""
        if self._process is None:
            return
        with suppress(OSError):  # it has ended by itself
            self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._process = None


def serve(function: str, *words: str) -> None:
    """Call a function in the child process."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _give_way()
    module, _, name = function.partition(":")
    getattr(import_module(module), name)(*words)


def _end_with_parent() -> None:
    """End this process as soon as the parent has closed its end of the standard input."""
    os.read(0, 1)
    os._exit(1)


def _give_way() -> None:
    """Let this thread run only where a core is idle.

    A process of a similar priority beside a network's threads would make all of them wait for the
    thread that shares its core.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
            return
    with suppress(OSError):
        os.nice(19)
