"""Decode text files as spreadsheets save them."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.files import refuse_special

# UTF-32 first: its mark starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MANY_ZEROS, _FEW_ZEROS = 0.3, 0.05

# Other code pages of one byte have letters of other scripts here, or lower-case letters below.
_WESTERN = re.compile(rb"[\x00-\x7f\xc0-\xd6\xd8-\xf6\xf8-\xff]*")
_WORD_OF_ANOTHER_SCRIPT = re.compile(rb"[\x80-\xff]{3}")


@dataclass(frozen=True, kw_only=True)
class Text:
    """A decoded file."""

    content: str
    """Content without a byte order mark; line ends as in the file."""
    notices: tuple[str, ...] = ()
    """The encoding that was assumed, if the file does not define it."""


def read_table_text(path: Path) -> Text:
    """Read UTF-8, UTF-16 and UTF-32, or else Windows-1252 if that is plausible.

    Raises:
        InputError: unreadable, or in another encoding.
    """
    refuse_special(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; check that it is a "
                         "file that may be read.") from error
    encoding = _encoding(data)
    try:
        content = data.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path} is not in UTF-8 (see line {line:,}); save it again in that encoding."
        ) from error
    if "\0" in content:
        raise InputError(f"{path} holds zero bytes, so it is no text; save it again as "
                         "text in UTF-8 (in a spreadsheet: CSV UTF-8).")
    notice = f"{path.name} is not in UTF-8; it was read as Windows-1252 (Western European)."
    return Text(content=content, notices=(notice,) if encoding == "cp1252" else ())


def _encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    even, odd = _zeros(data[0::2]), _zeros(data[1::2])
    if odd > _MANY_ZEROS and even < _FEW_ZEROS:
        return "utf-16-le"
    if even > _MANY_ZEROS and odd < _FEW_ZEROS:
        return "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252" if _looks_western(data) else "utf-8"
    return "utf-8"


def _zeros(data: bytes) -> float:
    return data.count(0) / len(data) if data else 0.0


def _looks_western(data: bytes) -> bool:
    """Return whether all non-ASCII letters are single accented ones in words of plain letters."""
    return _WESTERN.fullmatch(data) is not None and not _WORD_OF_ANOTHER_SCRIPT.search(data)
