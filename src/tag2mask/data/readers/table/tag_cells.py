"""Split the cells of a column into tags, either as lists or at separators."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.table.lists import is_list, parse_list
from tag2mask.data.readers.table.nothing import WORDS
from tag2mask.data.readers.table.separators import find_separator
from tag2mask.data.readers.table.spellings import class_key, clean_name

Tags = dict[str, tuple[str, ...]]
"""The tags in each text."""


def split_tags(
    cells: Mapping[str, int], *, path: Path, declared: Collection[str] | None
) -> tuple[Tags, tuple[str, ...]]:
    """Split the cells of a column into tags, all in the same way.

    Args:
        cells: the different texts, and the number of the first row with each, in this order.
        path: the table.
        declared: the names in classes.txt; None without one.

    Returns:
        The tags in each text, without empty ones, and notices on the recognised form.

    Raises:
        InputError: the cells are not all written in the same way, or the way is ambiguous.
    """
    if any(map(is_list, cells)):
        return _lists(cells, path)
    separator, notices = find_separator(cells, path=path, declared=declared)
    names = {class_key(name) for name in declared or ()}
    tags: Tags = {}
    for text in cells:
        whole = text.strip().lower() in WORDS or (names and class_key(text) in names)
        parts = [text] if whole or separator is None else text.split(separator)
        tags[text] = _visible(parts)
    return tags, notices


def _lists(cells: Mapping[str, int], path: Path) -> tuple[Tags, tuple[str, ...]]:
    tags: Tags = {}
    first = next(number for text, number in cells.items() if is_list(text))
    for text, number in cells.items():
        if is_list(text):
            tags[text] = _visible(parse_list(text, where=f"{path}, row {number}"))
        elif text.strip().lower() in {"", *WORDS}:
            tags[text] = (text.strip(),) if text.strip() else ()
        else:
            raise InputError(
                f"{path}, row {number} has the tags {text.strip()!r}, while row {first} "
                f"has a list in brackets; write both the same way."
            )
    return tags, (f"The tags in {path.name} are lists, as in {_example(cells)}.",)


def _visible(names: Iterable[str]) -> tuple[str, ...]:
    """Remove names without any visible character; leave the others unchanged."""
    return tuple(name.strip() for name in names if _is_visible(name))


@lru_cache(maxsize=2**16)
def _is_visible(name: str) -> bool:
    return bool(clean_name(name))


def _example(cells: Iterable[str]) -> str:
    longest = max((text.strip() for text in cells if is_list(text)), key=len)
    return longest if len(longest) < 60 else longest[:57] + "..."
