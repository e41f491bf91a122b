"""Split the cells of a column into tags, either as lists or at separators."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.table.lists import is_list, parse_list
from tag2mask.data.readers.table.nothing import WORDS, Tagged
from tag2mask.data.readers.table.separators import find_separator
from tag2mask.data.readers.table.sheet import Row
from tag2mask.data.readers.table.spellings import class_key, clean_name

Cell = tuple[Row, str]
"""A row and the text of its tags."""


def split_tags(
    cells: Sequence[Cell], *, path: Path, declared: Collection[str] | None
) -> tuple[list[Tagged], tuple[str, ...]]:
    """Split the cells of a column into tags, all in the same way.

    Args:
        cells: the rows and the text of their tags.
        path: the table.
        declared: the names in classes.txt; None without one.

    Returns:
        The rows with their tags, without empty ones, and notices on the recognised form.

    Raises:
        InputError: the cells are not all written in the same way, or the way is ambiguous.
    """
    if any(is_list(text) for _, text in cells):
        return _lists(cells, path)
    separator, notices = find_separator(cells, path=path, declared=declared)
    names = {class_key(name) for name in declared or ()}
    tagged = []
    for row, text in cells:
        whole = text.strip().lower() in WORDS or class_key(text) in names
        parts = [text] if whole or separator is None else text.split(separator)
        tagged.append((row, _visible(parts)))
    return tagged, notices


def _lists(cells: Sequence[Cell], path: Path) -> tuple[list[Tagged], tuple[str, ...]]:
    tagged: list[Tagged] = []
    first = next(row for row, text in cells if is_list(text))
    for row, text in cells:
        if is_list(text):
            names = parse_list(text, where=f"{path}, row {row.number}")
            tagged.append((row, _visible(names)))
        elif text.strip().lower() in {"", *WORDS}:
            tagged.append((row, (text.strip(),) if text.strip() else ()))
        else:
            raise InputError(
                f"{path}, row {row.number} has the tags {text.strip()!r}, while row {first.number} "
                f"has a list in brackets; write both the same way."
            )
    return tagged, (f"The tags in {path.name} are lists, as in {_example(cells)}.",)


def _visible(names: Iterable[str]) -> tuple[str, ...]:
    """Remove names without any visible character; leave the others unchanged."""
    return tuple(name.strip() for name in names if clean_name(name))


def _example(cells: Sequence[Cell]) -> str:
    longest = max((text.strip() for _, text in cells if is_list(text)), key=len)
    return longest if len(longest) < 60 else longest[:57] + "..."
