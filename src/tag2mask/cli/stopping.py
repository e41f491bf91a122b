"""Stopping from outside: Ctrl-C and SIGTERM end a command the same way."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

_SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
"""What is listened to, and how it is called."""

_RESUMED = ("run", "demo", "compare", "predict", "classify", "activate", "sharpen", "label",
            "segment", "evaluate", "report")
"""Commands that keep what they have done."""

_received: list[signal.Signals] = []
"""Signals so far. Libraries may turn the exception of a signal into one of their own."""


def listen() -> None:
    """Let SIGTERM raise KeyboardInterrupt as Ctrl-C does, and remember which of them came.

    A signal that the parent process chose to ignore, as `nohup` and background jobs do for
    Ctrl-C, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def received() -> bool:
    """Whether a signal to stop has come, even if its exception was lost on the way."""
    return bool(_received)


def exit_code() -> int:
    """Give 128 plus the number of the signal, as shells do."""
    return 128 + (_received[0] if _received else signal.SIGINT)


def sentence(command: str) -> str:
    """Say what stopped the command, and that it can be continued."""
    name = _SIGNALS[_received[0] if _received else signal.SIGINT]
    if command in _RESUMED:
        return f"Stopped by {name}; the same command continues from here."
    return f"Stopped by {name}; nothing half-written is left, repeat the command."


def command_typed() -> str:
    """Give the name of the command in `sys.argv`, for when it is not known otherwise."""
    return next((word for word in sys.argv[1:] if not word.startswith("-")), "")


def _stop(number: int, frame: FrameType | None) -> None:
    _received.append(signal.Signals(number))
    raise KeyboardInterrupt
