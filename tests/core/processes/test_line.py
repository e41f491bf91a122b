"""The connection on which processes report errors."""

from __future__ import annotations

import _thread
import json
import socket
import threading

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
