"""How a command ends when it fails: one sentence, and an exit code that says whose fault it is."""

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
from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import printable, shortened
from tag2mask.core.files import causes, full_disk, system_sentence

OURS, MISTAKE = 1, 2
"""Exit codes: a fault of the program; something that the user can fix."""

_TYPERS_OWN: tuple[type[BaseException], ...] = (
    typer.Exit, typer.Abort, cast("type[BaseException]", typer.BadParameter.__mro__[2]))
"""Ends that typer knows how to handle: exit, abort, and a mistyped command."""

_NO_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory",
              "unable to allocate")
_MEMORY = ("The memory is not enough for this; use a smaller size, batch_size or long_side, fewer "
           "--workers, or a machine with more memory.")


class GuardedGroup(TyperGroup):
    """Commands that end in one line on stderr, whatever happens, instead of a traceback.

    What a user can fix has exit code 2. A failure that nobody foresaw has code 1, and its
    traceback is in a file that the line names.
    """

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as for `invoke`
        """Write the overview of all commands, which fits a terminal of 80 x 24."""
        formatter.write("".join(f"{line}\n" for line in overview(self, ctx)))

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the class differs between typer's versions
        """Run the command; turn a failure into its sentence and exit code."""
        try:
            return super().invoke(ctx)
        except _TYPERS_OWN:
            raise
        except (Exception, KeyboardInterrupt) as error:
            if _reader_is_gone(error):
                raise  # typer ends quietly, as other programs in a pipe do
            line, code = ending(error, str(ctx.invoked_subcommand or ""))
            typer.echo(line, err=True)
            raise typer.Exit(code) from None


def ending(error: BaseException, command: str) -> tuple[str, int]:
    """Give the last line of a command that failed, and its exit code."""
    if isinstance(error, KeyboardInterrupt) or stopping.received():
        return f"\n{stopping.sentence(command)}", stopping.exit_code()
    sentence = mistake_in(error)
    if sentence is not None:
        return f"Error: {printable(shortened(sentence))}", MISTAKE
    first = next(iter(str(error).strip().splitlines()), "")
    told = printable(f"{type(error).__name__}: {first}" if first else type(error).__name__)
    return (f"Error: {told[:300]} - this is a fault of tag2mask, not yours; "
            f"{_write_details(error)}."), OURS


def mistake_in(error: BaseException) -> str | None:
    """Give the sentence for the user, or None where the failure is none of theirs."""
    if isinstance(error, InputError):
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
    """Write the traceback into a file of its own and say where; print it where that fails."""
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
