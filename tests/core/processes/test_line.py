"""The connection on which processes report errors."""

from __future__ import annotations

import _thread
import json
import socket
import threading
import time

import pytest

from tag2mask.core.processes.line import Line
from tag2mask.core.processes.state import Failure, state


def test_an_interruption_comes_before_the_own_error_is_handled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else it would hit the message of that error, and change the exit code to that of Ctrl-C."""
    order: list[str] = []
    interrupting, failing = threading.Event(), threading.Event()

    def interrupt() -> None:
        interrupting.set()
        assert failing.wait(60)
        order.append("interrupted")

    monkeypatch.setattr(_thread, "interrupt_main", interrupt)
    monkeypatch.setattr(Line, "_force", lambda line, failure: None)
    monkeypatch.setattr(state, "failure", None)
    monkeypatch.setattr(state, "silent", False)
    near, far = socket.socketpair()
    with far:
        line = Line(0, {1: near})
        far.sendall((json.dumps({"failed": ["seed differs", 2]}) + "\n").encode())
        assert interrupting.wait(60)
        failing.set()
        failure = line.fail("seed differs", 2)
        order.append("handled")
        line.close()  # or its thread takes the closed connection for a process that died
    assert order == ["interrupted", "handled"]
    assert failure == Failure(1, "seed differs", 2)


def test_the_thread_that_joined_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A launcher may call the program in a thread; the main one, which waits for it, goes on."""
    monkeypatch.setattr(_thread, "interrupt_main", lambda: pytest.fail("the main thread"))
    monkeypatch.setattr(Line, "_force", lambda line, failure: None)
    monkeypatch.setattr(state, "failure", None)
    monkeypatch.setattr(state, "silent", False)
    near, far = socket.socketpair()
    ended: list[str] = []
    joined = threading.Event()

    def compute() -> None:
        Line(1, {0: near})
        joined.set()
        end = time.monotonic() + 60
        try:
            while time.monotonic() < end:
                pass
        except KeyboardInterrupt:
            ended.append("interrupted")

    thread = threading.Thread(target=compute)
    thread.start()
    with far:
        assert joined.wait(60)
        far.sendall((json.dumps({"end": [0, "photo 7 is damaged", 2]}) + "\n").encode())
        thread.join()
        far.sendall(b'{"bye": true}\n')  # or the closed connection is a failure in later tests
    assert ended == ["interrupted"]
    assert state.failure == Failure(0, "photo 7 is damaged", 2)
