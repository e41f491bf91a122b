"""Recognise words that people and programs write for photos without a tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.folder_names import is_nothing_name
from tag2mask.data.readers.table.sheet import Row

WORDS = frozenset({
    "nan", "none", "null", "nil", "na", "n/a", "<na>", "#n/a", "-", "--", "\u2013",
    "\u2014", "\u2212", "_none",
    "[]", "{}", "()", "set()",
})
"""Such words, in lower case."""

Tagged = tuple[Row, tuple[str, ...]]
"""A row and its tags."""


def drop_words(
    tagged: Sequence[Tagged], *, path: Path, declared: Collection[str] | None
) -> tuple[list[Tagged], tuple[str, ...]]:
    """Remove a word for no tag if it is the only one of its row.

    Args:
        tagged: rows with their tags.
        path: the table.
        declared: the names in classes.txt; None without one.

    Returns:
        The rows, and a sentence for each such word.

    Raises:
        InputError: such a word is also a declared class, or occurs beside other tags.
    """
    classes = {name.lower() for name in declared or ()}
    counts: Counter[str] = Counter()
    kept: list[Tagged] = []
    for row, tags in tagged:
        words = [tag for tag in tags if tag.lower() in WORDS]
        if words:
            _refuse_doubt(path, row, words[0], tags, classes)
            counts[words[0]] += 1
        kept.append((row, () if words else tags))
    _refuse_zero_and_one(path, kept, classes)
    asked = sorted({t for _, tags in kept if len(tags) == 1 for t in tags
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
    path: Path, row: Row, word: str, tags: Sequence[str], classes: Collection[str]
) -> None:
    where = f"{path}, row {row.number}"
    if word.lower() in classes:
        raise InputError(
            f"{where} has the tag {word!r}, which is a class in classes.txt but usually means that "
            f"nothing is there; leave the cell empty, or give the class another name."
        )
    others = [tag for tag in tags if tag.lower() not in WORDS]
    if others:
        raise InputError(
            f"{where} has the tag {word!r} beside {others[0]!r}; {word!r} means that nothing is "
            f"there, so remove it, or give the class another name."
        )


def _refuse_zero_and_one(path: Path, tagged: Sequence[Tagged], classes: Collection[str]) -> None:
    """Refuse a table of 0 and 1 that may have one class or two."""
    names = {tag for _, tags in tagged for tag in tags}
    if not classes and {float(n) for n in names if n in {"0", "1", "0.0", "1.0"}} == {0.0, 1.0} \
            and len(names) == 2:
        row = next(row for row, tags in tagged if float(next(iter(tags), "1")) == 0)
        raise InputError(
            f"{path}, row {row.number} has the tag '0' where others have '1': write the class's "
            f"name in place of 1 and leave the cell empty where nothing is there, or list both as "
            f"classes in classes.txt."
        )
