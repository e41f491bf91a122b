"""Read Hugging Face image folders: photos with metadata.csv or metadata.jsonl, also per split."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.core.wording import listing
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.class_spellings import with_one_spelling
from tag2mask.data.readers.class_tree import has_class_folders
from tag2mask.data.readers.folder_names import in_order, split_of_folder
from tag2mask.data.readers.names import (
    path_below_root,
    read_classes,
    read_text,
)
from tag2mask.data.readers.photo_files import below, folders_in
from tag2mask.data.readers.splits import parse_split

LOOKS_FOR = "metadata.csv or metadata.jsonl with file_name and label (Hugging Face)"

_TABLES = ("metadata.csv", "metadata.jsonl")
_FILES = ("file_name", "file_names", "image_file_name")
TAGS = ("tags", "tag", "labels", "label", "classes", "class", "categories", "category")
"""Names of the column with the tags, most specific first."""


@dataclass(frozen=True, kw_only=True)
class _Row:
    where: str
    path: PurePosixPath
    tags: frozenset[str]
    split: str | None


def fits(root: Path) -> bool:
    """Return whether there is a metadata table, at the top or in a folder of a split.

    A table without labels does not count if class folders provide the tags.
    """
    tables = _tables(root)
    if not tables:
        return False
    header = read_text(tables[0]).partition("\n")[0].lower()
    words = set(re.split(r"\W+", header))
    return bool(words & set(TAGS)) or not has_class_folders(root)


def read(root: Path) -> Dataset:
    """Read the photos that the metadata list.

    Raises:
        InputError: a table without the columns, a row that cannot be read or contradicts another,
            no photo, or more than a tenth of them missing.
    """
    rows: dict[PurePosixPath, _Row] = {}
    problems: list[Problem] = []
    for table in _tables(root):
        for row in _rows(table, root):
            other = rows.setdefault(row.path, row)
            if (other.tags, other.split) != (row.tags, row.split):
                raise InputError(
                    f"{other.where} and {row.where} give {row.path} different tags or splits; keep "
                    f"the right one."
                )
    missing = [row for row in rows.values() if not (root / row.path).is_file()]
    problems += [
        Problem(photo=str(row.path), why=f"{root / row.path} ({row.where}) is missing.",
                left_out=True)
        for row in missing
    ]
    found = [Found(path=str(r.path), tags=r.tags, split=r.split) for r in rows.values()
             if r not in missing]
    first_seen = {t: r.where for r in reversed(rows.values()) for t in sorted(r.tags)}
    listed = root / "classes.txt"
    declared = read_classes(listed) if listed.is_file() else None
    found, first_seen, merged = with_one_spelling(found, first_seen, source=str(root),
                                                  declared=declared or ())
    return assemble(
        root,
        layout="huggingface",
        classes=_classes(listed, declared, first_seen),
        found=found,
        problems=problems,
        image_root=PurePosixPath(),
        find_masks=True,
        notices=merged,
    )


def _tables(root: Path) -> list[Path]:
    tops = [root, *(folder for folder in folders_in(root) if split_of_folder(folder.name))]
    return [top / name for top in tops for name in _TABLES if (top / name).is_file()]


def _classes(
    listed: Path, classes: tuple[str, ...] | None, used: Mapping[str, str]
) -> tuple[str, ...]:
    if classes is None:
        return tuple(in_order(used))
    unknown = [name for name in sorted(used) if name not in classes]
    if unknown:
        raise InputError(f"{used[unknown[0]]} has the label {unknown[0]!r}, which is not in "
                         f"{listed}; add it there, or fix the label.")
    return classes


def _rows(table: Path, root: Path) -> Iterator[_Row]:
    for where, cells in _records(table):
        keys = {key.strip().lower(): key for key in cells}
        file = next((keys[name] for name in _FILES if name in keys), None)
        tags = next((keys[name] for name in TAGS if name in keys), None)
        if file is None or tags is None:
            needed = "file_name" if file is None else "label, labels or tags"
            raise InputError(
                f"{table} has no column {needed}, only {listing(sorted(cells), most=8)}; rename "
                f"the column, or list photos and tags in a tags.csv."
            )
        name = path_below_root(str(cells[file]).strip(), where=where)
        path = below(table.parent, root) / name
        given = cells[keys["split"]] if "split" in keys else None
        split = parse_split(str(given), where=where) if given else _split(path)
        yield _Row(where=where, path=path, tags=labels_in(cells[tags], where), split=split)


def _split(path: PurePosixPath) -> str | None:
    return next((s for part in path.parts[:-1] if (s := split_of_folder(part))), None)


def _records(table: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield the location of each row, and its cells by column."""
    text = read_text(table)
    if table.suffix == ".csv":
        lines = csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True)
        try:
            for row in lines:
                where = f"{table}, row {lines.line_num}"
                if "" in row or None in row.values():
                    raise InputError(f"{where} should have {len(lines.fieldnames or ())} cells as "
                                     f"the first row has; put quotes around a cell with commas.")
                yield where, row
        except csv.Error as error:
            raise InputError(f"{table}, row {lines.reader.line_num} is no CSV ({error}); fix it.") \
                from error
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield f"{table}, line {number}", _json(line, f"{table}, line {number}")


def _json(line: str, where: str) -> Mapping[str, object]:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is no JSON ({error}); fix or remove it.") from error
    if not isinstance(content, dict):
        raise InputError(f"{where} is no JSON object; write one with file_name and label.")
    return content


def labels_in(value: object, where: str) -> frozenset[str]:
    """Return the tags in a cell: a name, a number, a list, or a list written as text."""
    if isinstance(value, str):
        value = _list_in(value.strip())
    if value is None:
        return frozenset()
    several = value if isinstance(value, list) else [value]
    if any(isinstance(item, (dict, list, bool, float)) for item in several):
        raise InputError(
            f"{where} has a label that is neither a name nor a list of names; write names, or "
            f"list photos and tags in a tags.csv."
        )
    names = {str(item).strip() for item in several if item is not None}
    return frozenset(name for name in names if name)


def _list_in(text: str) -> object:
    """Parse `["cat", "dog"]`, `['cat', 'dog']` or `cat;dog`; a single name is returned as it is."""
    if text[:1] in "[(" and text[-1:] in "])" and text:
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            found = text.strip("[]()").split(",")
        return list(found) if isinstance(found, (list, tuple)) else found
    separator = next((mark for mark in (";", "|") if mark in text), None)
    return text.split(separator) if separator else text
