"""Parse lists of tags as Python, NumPy, JSON or a person writes them into a cell."""

from __future__ import annotations

import ast
import json
import re

from tag2mask.core.contracts import InputError

_QUOTED = re.compile(r"""u?'((?:[^'\\]|\\.)*)'|u?"((?:[^"\\]|\\.)*)\"""")
_BRACKETS = {"[": "]", "(": ")", "{": "}"}


def is_list(text: str) -> bool:
    """Return whether a cell is a bracketed list; round and curly brackets must contain quotes."""
    text = text.strip()
    if len(text) < 2 or _BRACKETS.get(text[0]) != text[-1]:
        return False
    return text[0] == "[" or "'" in text or '"' in text


def parse_list(text: str, *, where: str) -> tuple[str, ...]:
    """Return the tags in a list.

    Args:
        text: a cell for which `is_list` is true.
        where: file and row, for the error message.

    Raises:
        InputError: the list contains anything other than names and numbers.
    """
    inner = text.strip()[1:-1].strip()
    quoted = list(_QUOTED.finditer(inner))
    if quoted:
        between = _QUOTED.sub("", inner)
        if between.strip(" ,;\t\n\r"):
            raise _unclear(text, where)
        return tuple(_unquoted(match.group(0)) for match in quoted)
    try:
        content = json.loads(f"[{inner}]")
    except (ValueError, RecursionError):
        content = [part.strip() for part in inner.split(",")]
    if not all(isinstance(item, str | int | float) or item is None for item in content):
        raise _unclear(text, where)
    names = ("" if item is None else str(item) for item in content)
    if any(mark in inner for mark in "[]{}'\""):
        raise _unclear(text, where)
    return tuple(names)


def _unquoted(literal: str) -> str:
    """Return the text of a quoted name, with its escapes resolved."""
    plain = literal.removeprefix("u")
    if "\\" not in plain:
        return plain[1:-1]
    for parse in (json.loads, ast.literal_eval):
        try:
            return str(parse(plain))
        except (ValueError, SyntaxError):
            continue
    return plain[1:-1]


def _unclear(text: str, where: str) -> InputError:
    shown = text.strip() if len(text) < 60 else text.strip()[:57] + "..."
    return InputError(
        f"{where} has the list of tags {shown}, which is not a list of names; write cat;dog."
    )
