"""Reading of JSON files of any size, item by item.

The syntax of JSON is ASCII, so a file is parsed as Latin-1, in which every byte is a character and
positions in the text are positions in the file. The text of an item is then decoded as UTF-8.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tag2mask.core.contracts import InputError

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
"""Any JSON value."""

Span = tuple[int, int]
"""Position of the first byte of an item in the file, and of the byte after its last."""

MOST_ITEM = 256 * 2**20
"""Maximum size of one item (an annotation, a task, a table), in bytes."""

_PIECE = 2**18
_BLANK = " \t\r\n"


class _Text:
    """A window of a file, which is extended until an item fits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("rb")
        self.text = ""
        self.base = 0
        self.at = 0
        if self.file.read(3) != b"\xef\xbb\xbf":
            self.file.seek(0)
        self.base = self.file.tell()

    def more(self) -> bool:
        """Read more text; return False at the end of the file."""
        block = self.file.read(max(_PIECE, len(self.text) - self.at)).decode("latin-1")
        self.text, self.base, self.at = self.text[self.at :] + block, self.base + self.at, 0
        if len(self.text) > MOST_ITEM:
            raise ValueError(f"one item is larger than {MOST_ITEM // 2**20} MB")
        return bool(block)

    def peek(self) -> str:
        """Return the next character other than white space; "" at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in _BLANK:
                self.at += 1
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self, expected: str) -> None:
        """Consume the expected character."""
        if self.peek() != expected:
            raise ValueError(f"{self.peek() or 'the end'!r} at byte {self.base + self.at:,} "
                             f"where {expected!r} should be")
        self.at += 1

    def value(self) -> tuple[Value, Span]:
        """Parse a value and return it with its span; its strings are not decoded yet."""
        self.peek()
        while True:
            try:
                found, end = _DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if not self.more():
                    raise ValueError(f"{error.msg} at byte {self.base + error.pos:,}") from error
                continue
            if end == len(self.text) and self.more():  # a number may continue
                continue
            span = (self.base + self.at, self.base + end)
            self.at = end
            return found, span


_DECODER = json.JSONDecoder()


def items(path: Path) -> Iterator[tuple[str, Span, Value]]:
    """Yield the items of a JSON file: elements of lists one by one, other values as a whole.

    Args:
        path: a file that contains a list, or an object whose lists are iterated.

    Yields:
        The key of the item ("" in a list), its span, and its value, in which non-ASCII text is not
        decoded; use `Items` to decode it. An empty list is yielded as one item.

    Raises:
        InputError: the file is missing, truncated, not JSON, or has an item that is too large.
    """
    try:
        text = _Text(path)
        with text.file:
            if text.peek() == "[":
                yield from _list(text, "")
            else:
                yield from _object(text)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON, or is damaged or cut short ({error}); export it "
                         "again.") from error


def _object(text: _Text) -> Iterator[tuple[str, Span, Value]]:
    text.take("{")
    while text.peek() != "}":
        key, _ = text.value()
        text.take(":")
        if text.peek() == "[":
            yield from _list(text, str(key))
        else:
            value, span = text.value()
            yield str(key), span, value
        if text.peek() != "}":
            text.take(",")
    text.take("}")


def _list(text: _Text, key: str) -> Iterator[tuple[str, Span, Value]]:
    text.take("[")
    if key and text.peek() == "]":
        yield key, (0, 0), []
    while text.peek() != "]":
        value, span = text.value()
        yield key, span, value
        if text.peek() != "]":
            text.take(",")
    text.take("]")


class Items:
    """Reads items at given positions of a file."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            InputError: the file is missing or cannot be read.
        """
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}.") from error

    def read(self, span: Span) -> Value:
        """Read one item with its text decoded.

        Raises:
            ValueError: the text is not UTF-8.
        """
        self._file.seek(span[0])
        value: Value = json.loads(self._file.read(span[1] - span[0]).decode("utf-8"))
        return value

    def close(self) -> None:
        """Close the file."""
        self._file.close()
