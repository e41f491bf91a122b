"""How a command ends when it does not end well: in one sentence, if it is the user's to mend."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from tag2mask.core.contracts import InputError
from tag2mask.core.files import full_disk

MISTAKE, STOPPED = 2, 130
"""Exit codes: something to mend; stopped by Ctrl-C (128 + SIGINT, as shells have it)."""


class GuardedGroup(TyperGroup):
    """Commands whose known failures are one line on stderr instead of a traceback.

    A failure that nobody foresaw keeps its traceback: it is ours to mend, not the user's.
    """

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the class differs between typer's versions
        """Run the command; turn a known failure into its sentence and exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("\nStopped; the same command goes on from here.", err=True)
            raise typer.Exit(STOPPED) from None
        except Exception as error:
            sentence = mistake_in(error)
            if sentence is None:
                raise
            typer.echo(f"Error: {sentence}", err=True)
            raise typer.Exit(MISTAKE) from None


def mistake_in(error: Exception) -> str | None:
    """Give the sentence for the user, or None where the failure is none of theirs."""
    if isinstance(error, InputError):
        return " ".join(str(error).split())
    full = full_disk(error)
    if full is not None:
        name = getattr(full, "filename", None)
        lost = f"{name} was not written; " if name else ""
        return f"The disk is full: {lost}free some space and repeat the command."
    if isinstance(error, PermissionError):
        return f"{error.filename} may not be read or written; change its permissions."
    return None
