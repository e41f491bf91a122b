"""tags.csv: `image,tags[,split]`, tags separated by `;`, empty where nothing is on the photo.

Beside it may lie classes.txt (`background`, then the classes in the order of the mask labels) and
masks/<stem>.png, for scoring only. Without classes.txt the classes are sorted by name.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.names import (
    known_class,
    path_below_root,
    read_classes,
    read_text,
    refuse_case_variants,
)
from tag2mask.data.readers.splits import parse_split

LOOKS_FOR = "tags.csv (image,tags[,split])"


@dataclass(frozen=True, kw_only=True)
class _Row:
    number: int  # of the line in the file, as editors and spreadsheets count
    path: PurePosixPath
    tags: frozenset[str]
    split: str | None


def fits(root: Path) -> bool:
    """Say whether there is a tags.csv."""
    return (root / "tags.csv").is_file()


def read(root: Path) -> Dataset:
    """Read tags.csv.

    Raises:
        InputError: a missing column, a row that contradicts another, an unknown tag or split, a
            path that leads out of `root`, no photo, or more than a tenth of them missing.
    """
    table = root / "tags.csv"
    listed = root / "classes.txt"
    rows = _rows(table)
    if listed.is_file():
        classes = read_classes(listed)
        rows = [_spelled(row, classes, table) for row in rows]
    else:
        first_seen = {t: f"row {r.number}" for r in reversed(rows) for t in sorted(r.tags)}
        refuse_case_variants(dict(sorted(first_seen.items())), source=str(table))
        classes = tuple(sorted(first_seen))
    rows, problems = _once(rows, table)
    there = {row.path for row in rows if (root / row.path).is_file()}
    found = [Found(path=r.path, tags=r.tags, split=r.split) for r in rows if r.path in there]
    missing = [_missing(root, row) for row in rows if row.path not in there]
    return assemble(
        root,
        layout="tags_csv",
        classes=classes,
        found=found,
        problems=problems + missing,
        image_root=_common_top(rows),
        mask_root=root / "masks",
    )


def _rows(table: Path) -> list[_Row]:
    lines = csv.reader(io.StringIO(read_text(table), newline=""))
    try:
        header = [name.strip().lower() for name in next(lines, [])]
        _check_header(header, table)
        return [
            _row(header, cells, number=lines.line_num, table=table)
            for cells in lines
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise InputError(f"{table}, row {lines.line_num} is no CSV: {error}; mend it.") from error


def _check_header(header: list[str], table: Path) -> None:
    for column in ("image", "tags"):
        if column not in header:
            there = ", ".join(name for name in header if name) or "nothing"
            raise InputError(
                f"{table} has no column {column!r}, only {there}; the first row must be "
                f"image,tags or image,tags,split, separated by commas."
            )


def _row(header: list[str], cells: list[str], *, number: int, table: Path) -> _Row:
    where = f"{table}, row {number}"
    if len(cells) != len(header):
        raise InputError(
            f"{where} should have {len(header)} cells as the first row has, not {len(cells)}; "
            f"separate cells by commas and tags by semicolons."
        )
    cell = dict(zip(header, cells, strict=True))
    image = cell["image"].strip()
    if not image:
        raise InputError(f"{where} names no image; fill in its path or remove the row.")
    split = cell.get("split", "").strip()
    return _Row(
        number=number,
        path=path_below_root(image, where=where),
        tags=frozenset(tag.strip() for tag in cell["tags"].split(";") if tag.strip()),
        split=parse_split(split, where=where) if split else None,
    )


def _spelled(row: _Row, classes: tuple[str, ...], table: Path) -> _Row:
    where = f"{table}, row {row.number}"
    tags = frozenset(known_class(tag, classes, where=where) for tag in sorted(row.tags))
    return _Row(number=row.number, path=row.path, tags=tags, split=row.split)


def _once(rows: list[_Row], table: Path) -> tuple[list[_Row], list[Problem]]:
    """Take each photo once; rows that say the same twice are told, others are refused."""
    first: dict[PurePosixPath, _Row] = {}
    repeated: dict[PurePosixPath, Problem] = {}
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
            row.path, Problem(photo=str(row.path), why=f"It is listed twice, in {both}.")
        )
    return list(first.values()), list(repeated.values())


def _missing(root: Path, row: _Row) -> Problem:
    why = "is a folder, not a photo" if (root / row.path).is_dir() else "is missing"
    return Problem(
        photo=str(row.path),
        why=f"{root / row.path} (tags.csv, row {row.number}) {why}.",
        left_out=True,
    )


def _common_top(rows: list[_Row]) -> PurePosixPath:
    """Return the first folder of all paths where they share it, as in `images/`."""
    tops = {row.path.parts[0] if len(row.path.parts) > 1 else "" for row in rows}
    return PurePosixPath(tops.pop()) if len(tops) == 1 else PurePosixPath()
