"""Recognise folders that a file manager or a download named as a copy of another one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tag2mask.data.readers.table.spellings import class_key

_WORD = "(?:copy|kopie|copie|copia|kopia)"
_NUMBER = r"(?:[ _-]*\(?\d{1,3}\)?)?"
_COPY = re.compile(
    rf"""{_WORD}\ (?:of|von|de|di)\ (?P<after>.+)
    |(?P<before>.+?)(?:
        [ _-]+{_WORD}{_NUMBER}                                # block copy 2, block - Copy (2)
        |[ _-]*\((?:another\ |\d{{1,3}}\w\w\ )?{_WORD}{_NUMBER}\)  # block (copy), block (3rd copy)
        |\ ?\(\d{{1,3}}\)                                     # block (1)
    )""",
    re.VERBOSE | re.IGNORECASE,
)


def copies(names: Iterable[str]) -> dict[str, str]:
    """Return the original of each name that denotes a copy; it must be among the names.

    `block (1)` and `block copy` denote copies only beside `block`. A plain number, as in `block 1`,
    belongs to the name.
    """
    several = sorted(set(names))
    there = {class_key(name): name for name in several if not _base(name)}
    found = {}
    for name in several:
        base = _base(name)
        while base and class_key(base) not in there:  # block (1) (2)
            base = _base(base)
        if base:
            found[name] = there[class_key(base)]
    return found


def copies_sentence(found: Mapping[str, str]) -> list[str]:
    """Return the sentence on folders whose photos are read as those of another one."""
    if not found:
        return []
    listed = ", ".join(f"{name!r} of {base!r}" for name, base in sorted(found.items())[:6])
    more = f" and {len(found) - 6} others" if len(found) > 6 else ""
    return [f"Folders named as copies are read as the class that they copy ({listed}{more}); "
            "rename those that are classes of their own."]


def _base(name: str) -> str:
    match = _COPY.fullmatch(name.strip())
    return (match["after"] or match["before"]).strip() if match else ""
