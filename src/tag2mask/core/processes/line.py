"""A connection of every process to the first, for errors and progress.

Collective operations cannot report that a process has failed: the others would wait for it. Each
process therefore keeps a connection to the first one, which is read by a thread. A process that
fails sends its message, and the end of a process closes its connection. In both cases the first
process informs all others, which then end with the same message and exit code.
"""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import json
import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping

from tag2mask.core.processes.state import Failure, state

GRACE = 5.0
"""Seconds in which a process may end by itself after an error elsewhere."""

_DIED = 1
"""Exit code of all if a process died without a message."""

Advance = Callable[[str, int], None]


class Line:
    """The connections of one process: to all others from the first, else to the first."""

    def __init__(self, rank: int, connections: dict[int, socket.socket]) -> None:
        """Start reading; the calling thread is the one that a failure elsewhere interrupts.

        Args:
            rank: number of this process.
            connections: open connections by the number of the other process.
        """
        self._rank, self._connections = rank, connections
        self._thread = threading.current_thread()
        self._left: set[int] = set()
        self._leaving = False
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._advanced: Counter[str] = Counter()
        self.on_advance: Advance = lambda name, number: self._advanced.update({name: number})
        for other, connection in connections.items():
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            threading.Thread(target=self._read, args=(other, connection), daemon=True).start()

    def take_advanced(self, name: str) -> int:
        """Return the units of a bar that were reported before it was shown, and forget them."""
        return self._advanced.pop(name, 0)

    def advance(self, name: str, number: int) -> None:
        """Report completed units of the bar `name` to the first process."""
        self._send(0, {"advance": [name, number]})

    def fail(self, line: str, code: int) -> Failure:
        """Report an error of this process, unless another one was first; return the first."""
        self._leave()
        if state.failure is None:
            own = Failure(self._rank, line, code)
            if self._rank == 0:
                self._end(own)
            else:
                self._send(0, {"failed": [line, code]})
                if not self._ended.wait(GRACE):
                    self._end(own)
        assert state.failure is not None, "set by _end"
        return state.failure

    def wait_for_failure(self) -> Failure | None:
        """Wait for the report of an error that has just broken a collective operation."""
        self._ended.wait(GRACE)
        return state.failure

    def close(self) -> None:
        """Leave without an error."""
        self._leave()
        for other, connection in self._connections.items():
            self._left.add(other)
            self._send(other, {"bye": True})
            with contextlib.suppress(OSError):  # the other one's thread then closes it
                connection.shutdown(socket.SHUT_WR)

    def _leave(self) -> None:
        """Let no later report interrupt this process; an interruption under way comes first."""
        with self._lock:
            self._leaving = True

    def _read(self, other: int, connection: socket.socket) -> None:
        with (
            contextlib.suppress(OSError, ValueError),
            connection.makefile(encoding="utf-8") as lines,
        ):
            for line in lines:
                self._take(other, json.loads(line))
        connection.close()
        if other not in self._left and state.failure is None:
            self._end(Failure(other, _lost(other), _DIED), printer=1 if other == 0 else 0)

    def _take(self, other: int, message: dict[str, list[str | int]]) -> None:
        if "advance" in message:
            name, number = message["advance"]
            self.on_advance(str(name), int(number))
        elif "failed" in message:
            line, code = message["failed"]
            self._end(Failure(other, str(line), int(code)))
        elif "end" in message:
            rank, line, code = message["end"]
            self._end(Failure(int(rank), str(line), int(code)))
        else:
            self._left.add(other)

    def _end(self, failure: Failure, *, printer: int = 0) -> None:
        """Remember the first failure, pass it on, and interrupt this process if it is elsewhere.

        Args:
            failure: the error.
            printer: number of the process that prints its message, the first if it is alive.
        """
        with self._lock:
            if state.failure is not None:
                return
            state.failure, state.silent = failure, self._rank != printer
            if self._rank == 0:
                for other in self._connections:
                    self._send(other, {"end": [failure.rank, failure.line, failure.code]})
            self._ended.set()
            if not self._leaving:
                threading.Thread(target=self._force, args=(failure,), daemon=True).start()
                _interrupt(self._thread)

    def _force(self, failure: Failure) -> None:
        """End this process if the interruption did not, as in a blocked collective operation."""
        threading.Event().wait(GRACE)
        if state.group is not None:
            if not state.silent and failure.line:
                sys.stderr.write(f"{failure.line}\n")
            os._exit(failure.code)

    def _send(self, other: int, message: Mapping[str, object]) -> None:
        data = (json.dumps(message) + "\n").encode()
        with contextlib.suppress(OSError):
            self._connections[other].sendall(data)


def _interrupt(thread: threading.Thread) -> None:
    """Raise KeyboardInterrupt in a thread.

    Some launchers, such as Ray, call the program in a thread, and wait for it in the main one.
    """
    if thread is threading.main_thread():
        _thread.interrupt_main()
    elif thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt))


def _lost(other: int) -> str:
    return (f"Error: process {other} ended without a message (killed, or out of memory); the same "
            "command continues from here.")
