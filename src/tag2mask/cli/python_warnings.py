"""Python warnings on the command line: those of tag2mask in one line, those of libraries hidden.

A warning of a library refers to a line of its own code, which a user cannot act on. Problems of the
input are reported by tag2mask itself.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TextIO

from tag2mask.core.escaping import printable

_OWN = Path(__file__).resolve().parents[1]


def show_own() -> None:
    """Install the warning filter of the command line, unless Python was started with -W."""
    if not sys.warnoptions:
        warnings.showwarning = _show


def _show(
    message: Warning | str, category: type[Warning], filename: str, lineno: int,
    file: TextIO | None = None, line: str | None = None,
) -> None:
    if category is UserWarning and _OWN in Path(filename).resolve().parents:
        sys.stderr.write(f"Warning: {printable(' '.join(str(message).split()))}\n")
