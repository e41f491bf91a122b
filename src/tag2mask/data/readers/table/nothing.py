"""Recognise words that people and programs write for photos without a tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.folder_names import is_nothing_name

WORDS = frozenset({
    "nan", "none", "null", "nil", "na", "n/a", "<na>", "#n/a", "-", "--", "\u2013",
    "\u2014", "\u2212", "_none",
    "[]", "{}", "()", "set()",
})
"""Such words, in lower case."""


class Tagged(NamedTuple):
    """The rows of a table with the same tags: a million rows have far fewer different ones."""

    number: int
    """Number of the first row."""
    rows: int
    """Number of rows."""
    tags: tuple[str, ...]


def drop_words(
    tagged: Sequence[Tagged], *, path: Path, declared: Collection[str] | None
) -> tuple[list[Tagged], tuple[str, ...]]:
    """Remove a word for no tag if it is the only one of its row.

    Args:
        tagged: the different tags, in the order of their first rows.
        path: the table.
        declared: the names in classes.txt; None without one.

    Returns:
        The same without such words, and a sentence for each of them.

    Raises:
        InputError: such a word is also a declared class, or occurs beside other tags.
    """
    classes = {name.lower() for name in declared or ()}
    counts: Counter[str] = Counter()
    kept: list[Tagged] = []
    for one in tagged:
        words = [tag for tag in one.tags if tag.lower() in WORDS]
        if words:
            _refuse_doubt(path, one, words[0], classes)
            counts[words[0]] += one.rows
        kept.append(one._replace(tags=()) if words else one)
    _refuse_zero_and_one(path, kept, classes)
    asked = sorted({t for one in kept if len(one.tags) == 1 for t in one.tags
                    if is_nothing_name(t) and t.lower() not in classes})
    return kept, tuple(
        f"{path.name}: {name!r} is read as a class; if it means that nothing is there, leave the "
        "cell empty." for name in asked
    ) + tuple(
        f"{path.name}: {word!r} is the only tag of {number:,} photo{'s' * (number > 1)}; it is "
        "read as: nothing is there."
        for word, number in sorted(counts.items())
    )


def _refuse_doubt(
    path: Path, tagged: Tagged, word: str, classes: Collection[str]
) -> None:
    where = f"{path}, row {tagged.number}"
    if word.lower() in classes:
        raise InputError(
            f"{where} has the tag {word!r}, which is a class in classes.txt but usually means that "
            f"nothing is there; leave the cell empty, or give the class another name."
        )
    others = [tag for tag in tagged.tags if tag.lower() not in WORDS]
    if others:
        raise InputError(
            f"{where} has the tag {word!r} beside {others[0]!r}; {word!r} means that nothing is "
            f"there, so remove it, or give the class another name."
        )


def _refuse_zero_and_one(path: Path, tagged: Sequence[Tagged], classes: Collection[str]) -> None:
    """Refuse a table of 0 and 1 that may have one class or two."""
    names = {tag for one in tagged for tag in one.tags}
    if not classes and {float(n) for n in names if n in {"0", "1", "0.0", "1.0"}} == {0.0, 1.0} \
            and len(names) == 2:
        zero = next(one for one in tagged if {"0", "0.0"} & {*one.tags})
        raise InputError(
            f"{path}, row {zero.number} has the tag '0' where others have '1': write the class's "
            f"name in place of 1 and leave the cell empty where nothing is there, or list both as "
            f"classes in classes.txt."
        )
