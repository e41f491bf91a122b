"""Interruption by signals: Ctrl-C and SIGTERM end a command in the same way."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

_SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
"""The handled signals and their names in messages."""

_RESUMED = ("run", "demo", "compare", "predict", "classify", "activate", "sharpen", "label",
            "segment", "evaluate", "report")
"""Commands that keep partial results and can be continued."""

_received: list[signal.Signals] = []
"""Signals received so far. Libraries may convert the exception of a signal to one of their own."""


def listen() -> None:
    """Let SIGTERM raise KeyboardInterrupt as Ctrl-C does, and record the signals received.

    Signals that the parent process has ignored, as background jobs do for Ctrl-C, stay ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def received() -> bool:
    """Return whether a signal was received, even if its exception was lost."""
    return bool(_received)


def exit_code() -> int:
    """Return 128 plus the number of the signal, as in shells."""
    return 128 + (_received[0] if _received else signal.SIGINT)


def sentence(command: str) -> str:
    """Return a message with the signal that stopped the command, and how to continue it."""
    name = _SIGNALS[_received[0] if _received else signal.SIGINT]
    if command in _RESUMED:
        return f"Stopped by {name}; the same command continues from here."
    return f"Stopped by {name}; nothing half-written is left, repeat the command."


def command_typed() -> str:
    """Return the name of the command in `sys.argv`, for use when it is not known otherwise."""
    return next((word for word in sys.argv[1:] if not word.startswith("-")), "")


def _stop(number: int, frame: FrameType | None) -> None:
    _received.append(signal.Signals(number))
    raise KeyboardInterrupt
