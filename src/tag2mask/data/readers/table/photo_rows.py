"""Read the rows of a table of photos: valid paths, splits and classes, each photo once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Problem
from tag2mask.data.readers.names import known_class, refuse_case_variants, text_below_root
from tag2mask.data.readers.splits import SYNONYMS, parse_split
from tag2mask.data.readers.table.nothing import WORDS
from tag2mask.data.readers.table.rows import Line, read_lines
from tag2mask.data.readers.table.spellings import merge_spellings


class PhotoRow(NamedTuple):
    """A row of a table, which names one photo."""

    number: int
    """Number of the line in the file, as editors and spreadsheets count."""
    path: str
    """Path below the data set's folder."""
    tags: frozenset[str]
    split: str | None
    """None if the table does not specify one."""
    mask: str
    """Path of its mask as written, "" without one."""
    group: str
    """What it shares with other photos, "" for nothing."""


def read_rows(
    table: Path, declared: tuple[str, ...] | None
) -> tuple[list[PhotoRow], tuple[str, ...], tuple[str, ...]]:
    """Return the rows of a table, the classes, and notices.

    Args:
        table: the file.
        declared: the classes in classes.txt; None without one.

    Raises:
        InputError: as from `read_lines`; a row without a photo, a path that leads out of the
            folder, an unknown tag or split, or class names that could be the same.
    """
    content, name = read_lines(table, declared=declared), str(table)
    rows = [_row(line, name) for line in content.lines]
    rows, classes, merged = _with_classes(rows, declared, table, content.classes)
    return rows, classes, (*content.notices, *merged)


def _row(line: Line, table: str) -> PhotoRow:
    where = f"{table}, row {line.number}"
    if not line.image:
        raise InputError(f"{where} names no image; fill in its path or remove the row.")
    split, mask = _given(line.split), _given(line.mask)
    return PhotoRow(
        number=line.number,
        path=text_below_root(line.image, where=where),
        tags=_tag_set(line.tags),
        split=SYNONYMS.get(split) or parse_split(split, where=where) if split else None,
        mask=text_below_root(mask, where=where) if mask else "",
        group=_given(line.group),
    )


def _given(cell: str) -> str:
    """Return a cell, "" if it contains a word for nothing."""
    return "" if not cell or cell.lower() in WORDS else cell


@lru_cache(maxsize=2**16)
def _tag_set(tags: tuple[str, ...]) -> frozenset[str]:
    """Return the tags as a set, which many rows share."""
    return frozenset(tags)


def _with_classes(
    rows: list[PhotoRow], declared: tuple[str, ...] | None, table: Path, columns: Sequence[str]
) -> tuple[list[PhotoRow], tuple[str, ...], tuple[str, ...]]:
    """Return the rows with one spelling per class, the classes, and notices on merged spellings."""
    counts = Counter({name: 0 for name in columns if name.lower() not in WORDS})
    for tags, number in Counter(row.tags for row in rows).items():
        counts.update(dict.fromkeys(tags, number))
    chosen, notices = merge_spellings(counts, declared=declared or ())
    spelled = {tags: frozenset(chosen[tag] for tag in tags) for tags in {row.tags for row in rows}}
    if any(tags != new for tags, new in spelled.items()):
        rows = [row._replace(tags=spelled[row.tags]) for row in rows]
    if declared is not None:
        known = set(declared)  # `chosen` has the declared spellings, so only others need a look
        strange = {tags for tags in spelled.values() if tags - known}
        for row in rows if strange else ():
            for tag in sorted(row.tags - known):
                known_class(tag, declared, where=f"{table}, row {row.number}")
        return rows, declared, notices
    first_seen = {chosen[name]: "row 1" for name in counts if not counts[name]}
    first: dict[frozenset[str], int] = {}
    for row in rows:
        first.setdefault(row.tags, row.number)
    first_seen |= {tag: f"row {number}" for tags, number in reversed(first.items()) for tag in tags}
    refuse_case_variants(dict(sorted(first_seen.items())), source=str(table))
    return rows, _sorted_classes(first_seen), notices


def _sorted_classes(names: Collection[str]) -> tuple[str, ...]:
    """Sort by name, or by number if all names are numbers, so that labels agree with them."""
    if all(name.isascii() and name.isdigit() for name in names):
        return tuple(sorted(names, key=_as_number))
    return tuple(sorted(names))


def _as_number(digits: str) -> tuple[int, str, str]:
    """Return a key that orders digits as numbers; Python refuses to convert thousands of them."""
    plain = digits.lstrip("0")
    return len(plain), plain, digits


def listed_once(rows: Sequence[PhotoRow], table: Path) -> tuple[list[PhotoRow], list[Problem]]:
    """Keep each photo once, and report identical rows.

    Raises:
        InputError: rows of the same photo that contradict each other.
    """
    if len({row.path for row in rows}) == len(rows):
        return list(rows), []
    first: dict[str, PhotoRow] = {}
    repeated: dict[str, Problem] = {}
    for row in rows:
        other = first.setdefault(row.path, row)
        if other is row:
            continue
        both = f"rows {other.number} and {row.number}"
        for what, differs in (
            ("tags", row.tags != other.tags),
            ("splits", row.split != other.split),
        ):
            if differs:
                raise InputError(
                    f"{table}, {both} name the same photo {row.path} with different {what}; keep "
                    f"the right one."
                )
        repeated.setdefault(
            row.path, Problem(photo=row.path, why=f"It is listed twice, in {both}.")
        )
    return list(first.values()), list(repeated.values())
