"""Read tags.csv: `image,tags[,split]`, tags separated by `;`, empty for photos without objects.

Without splits, photos are drawn; those with the same cell in a column `group` or `patient` are held
out together.

Optional files beside it are classes.txt (`background`, then the classes in the order of the mask
labels) and masks/<stem>.png, for scoring only (see `mask_folders` for other places). Without
classes.txt the classes are sorted by name, or by number if all of them are numbers. Tables in other
forms are read if they are unambiguous; each such decision is a notice of the data set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.mask_folders import beside_notices, beside_table_photos
from tag2mask.data.readers.named_masks import named_mask_notices, named_masks
from tag2mask.data.readers.names import (
    known_class,
    read_classes,
    refuse_case_variants,
    stem,
    text_below_root,
)
from tag2mask.data.readers.photo_files import below, entry
from tag2mask.data.readers.splits import SYNONYMS, parse_split
from tag2mask.data.readers.table.file_names import FileNames
from tag2mask.data.readers.table.nothing import WORDS
from tag2mask.data.readers.table.rows import Line, read_lines
from tag2mask.data.readers.table.spellings import merge_spellings
from tag2mask.data.readers.table.words import (
    labels_sentence,
    missing_sentences,
    none_found,
    unlisted_problems,
)

LOOKS_FOR = "tags.csv (image,tags[,split])"


class _Row(NamedTuple):
    number: int  # of the line in the file, as editors and spreadsheets count
    path: str
    tags: frozenset[str]
    split: str | None
    mask: str
    group: str


def fits(root: Path) -> bool:
    """Return whether there is a tags.csv."""
    table = entry(root, "tags.csv")
    return table is not None and table.is_file()


def read(root: Path) -> Dataset:
    """Read tags.csv.

    Raises:
        InputError: a missing column, a row that contradicts another, an unknown tag or split, a
            path that leads out of `root`, a table that can be read in several ways, no photo, or
            more than a tenth of them missing.
    """
    table, listed = entry(root, "tags.csv") or root / "tags.csv", root / "classes.txt"
    declared = read_classes(listed) if listed.is_file() else None
    rows, classes, notices = _read_rows(table, declared)
    files = FileNames(root)
    there = files.find_all(row.path for row in rows)
    missing = [row for row in rows if row.path not in there]
    rows, problems = _once(
        [row if there.get(row.path, row.path) == row.path else row._replace(path=there[row.path])
         for row in rows], table
    )
    present = set(there.values())
    named, lost = named_masks(root, {r.path: r.mask for r in rows if r.path in present and r.mask})
    used = present | {below(mask, root).as_posix() for mask in named.values()}
    beside = {} if named else beside_table_photos(present, files.unused(present))
    masks = named | {photo: root / mask for photo, mask in beside.items()}
    found = [Found(path=r.path, tags=r.tags, split=r.split, mask=masks.get(r.path), group=r.group)
             for r in rows if r.path in present]
    if missing and not found:
        raise none_found(root, missing[0].path, files.on_disk)
    others = files.unlisted(used)
    dataset = assemble(
        root,
        layout="tags_csv",
        classes=classes,
        found=found,
        problems=[*problems, *(_missing(root, row) for row in missing),
                  *unlisted_problems(others, len(present))],
        image_root=_common_top(rows),
        find_masks=not named,
        others=[stem(path) for path in (*others, *(row.path for row in missing))],
        notices=(*notices, *files.notices(table.name),
                 *beside_notices(len(beside)), *named_mask_notices(table.name, len(named), lost),
                 *missing_sentences([row.path for row in missing], len(rows))),
    )
    return dataset if declared else replace(
        dataset, notices=dataset.notices + labels_sentence(dataset)
    )


def _read_rows(
    table: Path, declared: tuple[str, ...] | None
) -> tuple[list[_Row], tuple[str, ...], tuple[str, ...]]:
    """Return the rows, the classes, and notices."""
    content, name = read_lines(table, declared=declared), str(table)
    rows = [_row(line, name) for line in content.lines]
    rows, classes, merged = _with_classes(rows, declared, table, content.classes)
    return rows, classes, (*content.notices, *merged)


def _row(line: Line, table: str) -> _Row:
    where = f"{table}, row {line.number}"
    if not line.image:
        raise InputError(f"{where} names no image; fill in its path or remove the row.")
    split, mask = _given(line.split), _given(line.mask)
    return _Row(
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
    rows: list[_Row], declared: tuple[str, ...] | None, table: Path, columns: Sequence[str]
) -> tuple[list[_Row], tuple[str, ...], tuple[str, ...]]:
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


def _once(rows: Sequence[_Row], table: Path) -> tuple[list[_Row], list[Problem]]:
    """Keep each photo once; identical rows are reported, contradictory ones are refused."""
    if len({row.path for row in rows}) == len(rows):
        return list(rows), []
    first: dict[str, _Row] = {}
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


def _missing(root: Path, row: _Row) -> Problem:
    why = "is a folder, not a photo" if (root / row.path).is_dir() else "is missing"
    return Problem(
        photo=row.path,
        why=f"{root / row.path} (tags.csv, row {row.number}) {why}.",
        left_out=True,
    )


def _common_top(rows: Sequence[_Row]) -> PurePosixPath:
    """Return the first folder of all paths if they share it, such as `images/`."""
    tops = {row.path.partition("/")[0] if "/" in row.path else "" for row in rows}
    return PurePosixPath(tops.pop()) if len(tops) == 1 else PurePosixPath()
