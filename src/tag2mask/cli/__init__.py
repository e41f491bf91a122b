"""The command line: one command per stage, and those for photos, data and machine.

Nothing heavy is imported before a command has begun, so that `tag2mask --help` answers at once.
"""

from __future__ import annotations

import os

from tag2mask.cli import comparing, interchange  # noqa: F401  (their commands join the app)
from tag2mask.cli.commands import app

__all__ = ["app", "main"]


def main() -> None:
    """Run the command that stands in `sys.argv`, and exit with its code."""
    # OpenMP's threads spin while they wait, which costs a factor of ten as soon as another process
    # wants the core; it is read when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    app(prog_name="tag2mask")
