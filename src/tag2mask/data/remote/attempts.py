"""Repeat what failed for a passing reason, a few times and with growing pauses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from tag2mask.core.contracts import InputError
from tag2mask.core.files import causes, full_disk

Result = TypeVar("Result")

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further attempt."""

_MISSING = (FileNotFoundError, NotADirectoryError)
_BUSY = (408, 429)
"""Answers of a web server, besides 500 and above, after which another attempt may help."""

_FINAL = ("credential", "forbidden", "unauthorized", "accessdenied", "nosuchbucket")
"""Parts of the names and texts of errors that another attempt would not change."""


def patiently(action: Callable[[], Result], *, what: str) -> Result:
    """Return what `action` returns, after as many attempts as `PAUSES` allows.

    Args:
        action: contacts a server.
        what: the address, for the message.

    Raises:
        InputError: the server did not answer, or refuses; faults of the disk are raised as they
            are.
    """
    for pause in (*PAUSES, None):
        try:
            return action()
        except InputError:
            raise
        except Exception as error:  # libraries of servers have errors of their own
            if full_disk(error):
                raise
            if is_final(error):
                raise InputError(_refused(what, error)) from error
            if pause is None:
                raise InputError(_silent(what, error)) from error
        threading.Event().wait(pause)
    raise AssertionError("the last attempt returns or raises")


def is_final(error: BaseException) -> bool:
    """Return whether another attempt would fail in the same way.

    fsspec reports a web server that does not answer as a missing file, so causes count too.
    """
    if isinstance(error, _MISSING):
        return not any(map(_may_pass, causes(error)))
    if isinstance(error, PermissionError):
        return True
    said = f"{type(error).__name__} {error}".lower().replace(" ", "")
    return any(word in said for word in _FINAL)


def _may_pass(cause: BaseException) -> bool:
    status = getattr(cause, "status", None)
    busy = isinstance(status, int) and (status in _BUSY or status >= 500)
    network = isinstance(cause, OSError) and not isinstance(cause, (*_MISSING, PermissionError))
    return busy or network or "timeout" in type(cause).__name__.lower()


def _refused(what: str, error: BaseException) -> str:
    if isinstance(error, _MISSING):
        return f"{what} does not exist; check the address."
    return (f"{what} may not be read ({_short(error)}); log in with the program of that storage, "
            "or check the address.")


def _silent(what: str, error: BaseException) -> str:
    return (f"{what} could not be read in {len(PAUSES) + 1} attempts ({_short(error)}); check the "
            "network and the address, and repeat: complete files are kept.")


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())[:150]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
