"""The command line: one command per stage, and commands for photos, data sets and the machine.

Heavy packages are imported only when a command is executed, so that `tag2mask --help` is fast.
"""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Any

__all__ = ["app", "main"]

_JOINING = (
    "photos", "planning", "comparing", "advising", "interchange", "packing", "reviewing",
    "publishing", "listing",
)
"""Modules with commands, in the order in which `--help` lists them."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the app, or no such name
    if name != "app":
        raise AttributeError(f"module 'tag2mask.cli' has no attribute {name!r}")
    for module in _JOINING:  # importing them registers their commands
        import_module(f"tag2mask.cli.{module}")
    return import_module("tag2mask.cli.commands").app


def main() -> None:
    """Run the command in `sys.argv`, and exit with its code."""
    from tag2mask.cli import python_warnings, stopping
    from tag2mask.core.memory import keep_freed_memory

    # OpenMP threads busy-wait, which is ten times slower as soon as another process uses the core;
    # the variable is read when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    keep_freed_memory()
    stopping.listen()
    _print_anything()
    python_warnings.show_own()
    try:
        __getattr__("app")(prog_name="tag2mask")
    except KeyboardInterrupt:  # outside of a command, for instance while this package is loaded
        sys.stderr.write(f"\n{stopping.sentence(stopping.command_typed())}\n")
        sys.exit(stopping.exit_code())
    except SystemExit as end:
        _leave_failed_group(end)
        raise


def _leave_failed_group(end: SystemExit) -> None:
    """End this process at once if one of several has failed.

    Threads of torch.distributed may still wait for the others then, which aborts ordinary exits.
    """
    from tag2mask.core.processes.state import failure

    if failure() is not None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)


def _print_anything() -> None:
    r"""Escape characters that the terminal cannot display as `\u4e2d` instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
