"""Recognise the character that separates the tags of a column from all cells, or refuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.table.nothing import WORDS
from tag2mask.data.readers.table.spellings import class_key

SEPARATOR = ";"
"""The documented separator."""

_HARD = ("|", "\t", ",")  # hardly ever part of a name
_SOFT = (" and ", "/", " ", "+", "&", "\\", ":")  # often part of a name
_WORDS = {"\t": "tabs", " ": "spaces"}


@dataclass(frozen=True, kw_only=True)
class _Column:
    """The distinct cells of a column."""

    path: Path
    rows: Mapping[str, int]
    """The number of the first row of each distinct text."""
    keys: frozenset[str]
    """Class names: cells without a separator, or the declared classes."""

    def parts(self, text: str, separator: str) -> list[str]:
        return [key for key in map(class_key, text.split(separator)) if key]

    def shared(self, text: str, separator: str) -> list[str]:
        """Return the parts that occur as classes elsewhere."""
        return [p for p in self.parts(text, separator) if p in self.keys or p in WORDS]

    def splits(self, text: str, separator: str) -> bool:
        """Return whether a text consists of classes only."""
        parts = self.parts(text, separator)
        return len(parts) > 1 and len(self.shared(text, separator)) == len(parts)


def find_separator(
    cells: Mapping[str, int], *, path: Path, declared: Collection[str] | None
) -> tuple[str | None, tuple[str, ...]]:
    """Recognise the separator of the tags.

    Args:
        cells: the different texts, and the number of the first row with each, in this order.
        path: the table.
        declared: the names in classes.txt, which determine complete names; None without one.

    Returns:
        The separator, None if no cell has several tags, and a sentence if it is not `;`.

    Raises:
        InputError: several separators, or names that may be one class or two.
    """
    rows: dict[str, int] = {}
    for text, row in cells.items():
        if text.strip().lower() not in {"", *WORDS}:
            rows.setdefault(text.strip(), row)
    if any(SEPARATOR in text for text in rows):
        _refuse_mixed(path, rows, declared)
        return SEPARATOR, ()
    if declared is not None:
        found = _declared_separator(path, rows, declared)
    else:
        found = _hard_separator(path, rows) or _soft_separator(path, rows)
    if found is None:
        return None, ()
    names = _keys(declared or ())
    example = next(text for text in rows if found in text and class_key(text) not in names)
    return found, (
        f"The tags in {path.name} are separated by {_WORDS.get(found, repr(found))}, as in "
        f"{example!r}.",
    )


def _declared_separator(
    path: Path, rows: Mapping[str, int], declared: Collection[str]
) -> str | None:
    column = _Column(path=path, rows=rows, keys=frozenset(map(class_key, declared)))
    unknown = [text for text in rows if class_key(text) not in column.keys]
    for separator in (*_HARD, *_SOFT):
        if any(column.splits(text, separator) for text in unknown):
            return separator
    return None


def _refuse_mixed(
    path: Path, rows: Mapping[str, int], declared: Collection[str] | None
) -> None:
    """Refuse tags between `;` that consist of other tags, as in `cat;dog` and `cat|dog`."""
    tags = {tag.strip(): row for text, row in rows.items() for tag in text.split(SEPARATOR)}
    if declared is None:
        lone = (tag for tag in tags if not any(sep in tag for sep in (*_HARD, *_SOFT)))
        keys = frozenset(map(class_key, lone))
    else:
        keys = frozenset(map(class_key, declared))
    column = _Column(path=path, rows=tags, keys=keys)
    for tag, row in tags.items():
        for separator in (*_HARD, *_SOFT):
            if class_key(tag) not in keys and column.splits(tag, separator):
                raise _mixed(path, row, tag, separator, SEPARATOR)


def _hard_separator(path: Path, rows: Mapping[str, int]) -> str | None:
    used = [sep for sep in _HARD if any(sep in text for text in rows)]
    if not used:
        return None
    if len(used) > 1:
        text, row = next((t, r) for t, r in rows.items() if used[1] in t)
        raise _mixed(path, row, text, used[1], used[0])
    separator = used[0]
    several = [text for text in rows if separator in text]
    if separator == "," and not _recur(rows, separator):
        raise _unsure(path, rows[several[0]], several[0], separator)
    return separator


def _recur(rows: Collection[str], separator: str) -> bool:
    """Return whether any part occurs in two different texts."""
    counts = Counter(key for text in rows for key in _keys(text.split(separator)) if key)
    return any(count > 1 for count in counts.values())


def _soft_separator(path: Path, rows: Mapping[str, int]) -> str | None:
    """Recognise a separator that is often part of a name; its parts must also occur alone."""
    for separator in _SOFT:
        several = [text for text in rows if separator in text]
        lone = _keys(text for text in rows if separator not in text)
        column = _Column(path=path, rows=rows, keys=lone)
        splitting = [text for text in several if column.splits(text, separator)]
        if splitting:
            for text in several:
                if not column.shared(text, separator):
                    raise _unsure(path, rows[splitting[0]], splitting[0], separator)
            return separator
        if _recombines(column, several, separator):
            raise _unsure(path, rows[several[0]], several[0], separator)
    return None


def _recombines(column: _Column, several: Sequence[str], separator: str) -> bool:
    """Return whether most parts vary in position between texts, unlike words within a name."""
    first = {parts[0] for text in several if (parts := column.parts(text, separator))}
    later = {part for text in several for part in column.parts(text, separator)[1:]}
    both = (first & later) | (column.keys & (first | later))
    return len(several) > 2 and len(both) > 2 and 2 * len(both) >= len(first | later)


def _keys(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(map(class_key, texts))


def _mixed(path: Path, row: int, text: str, separator: str, usual: str) -> InputError:
    return InputError(
        f"{path}, row {row} has {text!r} with {_WORDS.get(separator, repr(separator))}, "
        f"while other rows separate tags by {_WORDS.get(usual, repr(usual))}; write ';' between "
        f"tags in all rows."
    )


def _unsure(path: Path, row: int, text: str, separator: str) -> InputError:
    parts = " and ".join(repr(part.strip()) for part in text.split(separator)[:3] if part.strip())
    return InputError(
        f"{path}, row {row}: it is not clear whether {text!r} is one class, or {parts} are "
        f"several; write ';' between tags, or list the classes in classes.txt (background first)."
    )
