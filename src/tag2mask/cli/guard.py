"""Handling of failed commands: a one-sentence message, and an exit code for the kind of error."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, cast

import typer
from typer.core import TyperGroup

from tag2mask import __version__
from tag2mask.cli import stopping
from tag2mask.cli.overview import overview
from tag2mask.cli.together import ended_by, together
from tag2mask.core.contracts import InputError, SourceError
from tag2mask.core.escaping import printable, shortened
from tag2mask.core.files import causes, full_disk, system_sentence
from tag2mask.core.wording import agreed

OURS, MISTAKE = 1, 2
"""Exit codes for errors of the program and for errors that the user can fix."""

_TYPERS_OWN: tuple[type[BaseException], ...] = (
    typer.Exit, typer.Abort, cast("type[BaseException]", typer.BadParameter.__mro__[2]))
"""Exceptions that typer handles itself: exit, abort, and usage errors."""

_NO_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory",
              "unable to allocate")
_MEMORY = ("The memory is not enough for this; use a smaller size, batch_size or long_side, fewer "
           "--workers, or a machine with more memory.")


class GuardedGroup(TyperGroup):
    """A group of commands that report any failure in one line on stderr instead of a traceback.

    Errors that the user can fix have exit code 2. Unexpected errors have exit code 1, and their
    traceback is written to a file named in the message.
    """

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as for `invoke`
        """Write the overview of all commands, which fits into a terminal of 80 x 24 characters."""
        formatter.write("".join(f"{line}\n" for line in overview(self, ctx)))

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the class differs between typer's versions
        """Run the command, and convert an exception to a message and an exit code."""
        try:
            return together(super().invoke, ctx)
        except _TYPERS_OWN as error:
            _plain(error)
            raise
        except (Exception, KeyboardInterrupt) as error:
            if _reader_is_gone(error):
                raise  # typer ends quietly, as other programs in a pipe do
            line, code = ended_by() or ending(error, str(ctx.invoked_subcommand or ""))
            if line:
                typer.echo(line, err=True)
            raise typer.Exit(code) from None


def _plain(error: BaseException) -> None:
    """Drop words that a library put before the message of a usage error."""
    message = getattr(error, "message", None)
    if isinstance(message, str):
        error.message = message.removeprefix("Value error, ")  # type: ignore[attr-defined]


def ending(error: BaseException, command: str) -> tuple[str, int]:
    """Return the error message and the exit code of a failed command."""
    if isinstance(error, KeyboardInterrupt) or stopping.received():
        return f"\n{stopping.sentence(command)}", stopping.exit_code()
    sentence = mistake_in(error)
    if sentence is not None:
        return f"Error: {agreed(shortened(printable(sentence)))}", MISTAKE
    first = next(iter(str(error).strip().splitlines()), "")
    shown = printable(f"{type(error).__name__}: {first}" if first else type(error).__name__)
    return (f"Error: {shown[:300]} - this is a fault of tag2mask, not yours; "
            f"{_write_details(error)}."), OURS


def mistake_in(error: BaseException) -> str | None:
    """Return the message for an error that the user can fix; None for other errors."""
    if isinstance(error, (InputError, SourceError)):
        return " ".join(str(error).split())
    full = full_disk(error)
    if full is not None:
        name = getattr(full, "filename", None)
        lost = f"{name} was not written; " if name else ""
        return f"The disk is full: {lost}free some space and repeat the command."
    for cause in causes(error):
        if isinstance(cause, MemoryError) or any(w in str(cause).lower() for w in _NO_MEMORY):
            return _MEMORY
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename} may not be read or written; change its permissions."
    if isinstance(error, OSError) and error.errno is not None:
        return system_sentence(error)
    return None


def _reader_is_gone(error: BaseException) -> bool:
    return isinstance(error, BrokenPipeError) and error.filename is None


def _write_details(error: BaseException) -> str:
    """Write the traceback to a new file and return where; print it if writing fails."""
    lines = [f"tag2mask {__version__}, Python {platform.python_version()}, {platform.platform()}",
             f"command: {' '.join(sys.argv)}", "", *traceback.format_exception(error)]
    text = "\n".join(lines)
    try:
        handle, name = tempfile.mkstemp(prefix="tag2mask-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        typer.echo(printable(text), err=True)
        return "the details are above, please report them"
    return f"the details are in {Path(name)}, please report them"
