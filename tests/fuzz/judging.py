"""What is wrong with the way a command ended."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

from processes import Ending

_PYTHON_WARNING = re.compile(r"^\S+\.py:\d+: \w*Warning", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202e]")
_SENTENCE = re.compile(r"^Error: ", re.MULTILINE)
_USAGE = ("Usage:", "Try 'tag2mask")

Listing = dict[str, tuple[int, ...]]


def listing(root: Path) -> Listing:
    """List everything below a folder: kind, size and time of files, kind alone of folders."""
    found: Listing = {}
    for path in root.rglob("*"):
        about = path.lstat()
        kind = stat.S_IFMT(about.st_mode)
        found[str(path.relative_to(root))] = (
            (kind,) if stat.S_ISDIR(about.st_mode) else (kind, about.st_size, about.st_mtime_ns))
    return found


def changes(before: Listing, after: Listing, *, allowed: tuple[str, ...]) -> list[str]:
    """Name what is new, gone or changed outside of the allowed places."""
    return [name for name in sorted(before.keys() | after.keys())
            if before.get(name) != after.get(name) and not name.startswith(allowed)]


def faults(ending: Ending) -> Iterator[str]:
    """Say what is wrong with an ending."""
    printed = ending.out + ending.err
    if ending.code not in (0, 2):
        yield f"ended with {ending.code}"
    if "Traceback" in printed:
        yield "a traceback"
    if _PYTHON_WARNING.search(printed):
        yield "a warning of Python's"
    if _CONTROL.search(printed):
        yield "a control character in what is printed"
    if ending.code == 2 and not any(word in ending.err for word in _USAGE):
        last = ending.err.rstrip().rpartition("\n")[2]
        if not last.startswith("Error: ") or len(_SENTENCE.findall(ending.err)) != 1:
            yield "no one sentence at the end"
        elif len(last) > 2000:
            yield "a sentence of more than 2,000 letters"
