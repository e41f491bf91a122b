"""Commands in several processes, as `torchrun` and `accelerate launch` start them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from tag2mask.cli import stopping
from tag2mask.core.processes.state import alone_by_mistake, failure, launched, speaks

_SHARED = ("run", "demo", "predict", "explain", "classify", "activate", "sharpen", "label",
           "segment", "evaluate", "report")
"""Commands whose work the processes share; the first process executes any other alone."""

_ONE_ONLY = ("accelerate launch started one process only, as it does on a machine without a GPU; "
             "use `torchrun --nproc-per-node N -m tag2mask ...`, or give accelerate --multi_gpu.")

Context = TypeVar("Context")
Result = TypeVar("Result")


def together(invoke: Callable[[Context], Result], ctx: Context) -> Result | None:
    """Execute a command, in all launched processes if it is shared."""
    if not launched():
        if alone_by_mistake():
            typer.echo(f"Warning: {_ONE_ONLY}", err=True)
        return invoke(ctx)
    from tag2mask.core import processes

    command = stopping.command_typed()
    if command not in _SHARED:
        return invoke(ctx) if processes.alone() else None
    device = device_typed(sys.argv[1:])
    with processes.joined(device=device, describe=lambda error: _described(error, command)):
        return invoke(ctx)


def device_typed(words: Sequence[str]) -> str:
    """Return the --device of a command line, the last one; "auto" without one.

    The processes join before the command reads its options.
    """
    found = "auto"
    for word, value in zip(words, [*words[1:], "auto"], strict=True):
        if word == "--device":
            found = value
        elif word.startswith("--device="):
            found = word.partition("=")[2]
    return found


def ended_by() -> tuple[str, int] | None:
    """Return the message and exit code of the error that ended all processes, if there was one.

    The message is "" in all processes but one.
    """
    ended = failure()
    return None if ended is None else (ended.line if speaks() else "", ended.code)


def _described(error: BaseException, command: str) -> tuple[str, int]:
    from tag2mask.cli.guard import ending

    code = getattr(error, "exit_code", None)
    return ("", code) if isinstance(code, int) else ending(error, command)
