"""Make untrusted text safe for terminals, spreadsheets and file names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import PureWindowsPath

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"
                          "\ud800-\udfff]")
"""Control characters, changes of the writing direction, and bytes that are no UTF-8."""

_BYTES = 0xDC00
"""Offset of the code points by which Python represents bytes that are not UTF-8."""

_FORMULA = re.compile("'*\\s*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""Start of cells that spreadsheets interpret as formulas, after any number of apostrophes."""

_LONG_WORD = re.compile(r"\S{401,}")
_ENDS = 150
"""Number of characters shown at each end of a very long word."""

_LONG_LINE = re.compile(r"[^\n]{1801,}")
_LINE_ENDS = (1400, 300)
"""Numbers of characters shown at the start and at the end of a very long line."""

_KEPT_BYTE = re.compile(r"\\(udc[89a-f][0-9a-f])")
_QUOTED = re.compile('[",;\t\r\n]|^\\s|\\s$')

_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")

LONGEST_NAME = 240
"""The most bytes of a file name; most systems allow 255, and the rest is left for suffixes."""


def printable(text: str) -> str:
    r"""Escape control characters and bytes that are not UTF-8, as in `\x1b`.

    A name can then neither control the terminal nor fail to be encoded. Line feeds and tabs are
    kept.
    """
    return _UNPRINTABLE.sub(_as_escape, text)


def shortened(text: str) -> str:
    """Remove the middle of very long words and of very long lines."""
    text = _LONG_WORD.sub(lambda word: f"{word[0][:_ENDS]}...{word[0][-_ENDS:]}", text)
    first, last = _LINE_ENDS
    return _LONG_LINE.sub(lambda line: f"{line[0][:first]} ... {line[0][-last:]}", text)


def csv_line(cells: Iterable[object]) -> str:
    """Return a row of a CSV table, without line feed, in which no cell is a formula.

    Text that would be a formula is prefixed by an apostrophe, as in spreadsheets;
    `from_csv_cell` removes it. Separators of other locales are quoted too, so that no part of a
    split cell is a formula.
    """
    return ",".join(map(_quoted, map(_as_text, cells)))


def from_csv_cell(cell: str) -> str:
    """Return the original text of a cell written by `csv_line`."""
    if not cell.startswith("'") and "\\" not in cell:
        return cell
    plain = cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
    return _KEPT_BYTE.sub(lambda found: chr(int(found[1][1:], 16)), plain)


def why_no_file_name(name: str) -> str:
    """Return why `name`, a relative path, is not a valid file name; "" if it is valid.

    The reason completes the sentence "the name ...".
    """
    if not name or "\0" in name:
        return "is empty or holds a zero byte"
    drive = os.name == "nt" and PureWindowsPath(name).anchor
    if drive or _ABSOLUTE.match(name):
        return "is an absolute path, which leads out of the folder"
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts or ".." in parts:
        return "leads out of the folder"
    longest = max(len(part.encode("utf-8", "surrogatepass")) for part in parts)
    if longest > LONGEST_NAME:
        return f"has {longest} bytes, more than the {LONGEST_NAME} that leave room for a suffix"
    return ""


def _as_escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    number -= _BYTES if _BYTES + 0x80 <= number <= _BYTES + 0xFF else 0
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _as_text(cell: object) -> str:
    text = "" if cell is None else str(cell)
    if not isinstance(cell, str) or _is_number(text) or not _FORMULA.match(text):
        return text
    return f"'{text}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if _QUOTED.search(text) else text
