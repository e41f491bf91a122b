"""Python's warnings on the command line: ours as one line, those of libraries not at all.

A library's warning names a file of its own and a line of code, which a user cannot act on. What
is wrong with an input is said by tag2mask itself.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TextIO

from tag2mask.core.escaping import printable

_OWN = Path(__file__).resolve().parents[1]


def show_own() -> None:
    """Show warnings as the command line does, unless Python was asked for them (-W)."""
    if not sys.warnoptions:
        warnings.showwarning = _show


def _show(
    message: Warning | str, category: type[Warning], filename: str, lineno: int,
    file: TextIO | None = None, line: str | None = None,
) -> None:
    if category is UserWarning and _OWN in Path(filename).resolve().parents:
        sys.stderr.write(f"Warning: {printable(' '.join(str(message).split()))}\n")
