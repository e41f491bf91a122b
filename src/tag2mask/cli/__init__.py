"""The command line: one command per stage, and run, demo, predict, inspect, doctor.

Nothing heavy is imported before a command has begun, so that `tag2mask --help` answers at once.
"""

from __future__ import annotations

from tag2mask.cli.commands import app

__all__ = ["app", "main"]


def main() -> None:
    """Run the command that stands in `sys.argv`, and exit with its code."""
    app(prog_name="tag2mask")
