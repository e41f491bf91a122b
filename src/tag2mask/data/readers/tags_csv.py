"""Read tags.csv: `image,tags[,split]`, tags separated by `;`, empty for photos without objects.

Without splits, photos are drawn; those with the same cell in a column `group` or `patient` are held
out together.

Optional files beside it are classes.txt (`background`, then the classes in the order of the mask
labels) and masks/<stem>.png, for scoring only (see `mask_folders` for other places). Without
classes.txt the classes are sorted by name, or by number if all of them are numbers. Tables in other
forms are read if they are unambiguous; each such decision is a notice of the data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.mask_folders import beside_notices, beside_table_photos
from tag2mask.data.readers.named_masks import named_mask_notices, named_masks
from tag2mask.data.readers.names import read_classes, stem, top_folder
from tag2mask.data.readers.photo_files import below, entry
from tag2mask.data.readers.table.file_names import FileNames
from tag2mask.data.readers.table.photo_rows import PhotoRow, listed_once, read_rows
from tag2mask.data.readers.table.words import (
    labels_sentence,
    missing_sentences,
    none_found,
    unlisted_problems,
)

LOOKS_FOR = "tags.csv (image,tags[,split])"


@dataclass(frozen=True, kw_only=True)
class _Listed:
    """The photos of a table, as `assemble` receives them."""

    classes: tuple[str, ...]
    found: list[Found]
    problems: list[Problem]
    notices: tuple[str, ...]
    image_root: PurePosixPath
    find_masks: bool
    others: list[str]


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
    # Rows and file names are freed before the photos are built: a million take 400 MB.
    dataset = assemble(root, layout="tags_csv", **vars(_listed(root, table, declared)))
    return dataset if declared else replace(
        dataset, notices=dataset.notices + labels_sentence(dataset)
    )


def _listed(root: Path, table: Path, declared: tuple[str, ...] | None) -> _Listed:
    """Read the table, and find its photos and their masks."""
    rows, classes, notices = read_rows(table, declared)
    files = FileNames(root)
    there = files.find_all(row.path for row in rows)
    missing = [row for row in rows if row.path not in there]
    rows, problems = listed_once(
        [row if there.get(row.path, row.path) == row.path else row._replace(path=there[row.path])
         for row in rows], table
    )
    present = set(there.values())
    named, lost = named_masks(root, {r.path: r.mask for r in rows if r.path in present and r.mask})
    used = present | {below(mask, root).as_posix() for mask in named.values()}
    beside = {} if named else beside_table_photos(there.values(), files.unused(present))
    masks = named | {photo: root / mask for photo, mask in beside.items()}
    found = [Found(path=r.path, tags=r.tags, split=r.split, mask=masks.get(r.path), group=r.group)
             for r in rows if r.path in present]
    if missing and not found:
        raise none_found(root, missing[0].path, files.on_disk)
    others = files.unlisted(used)
    return _Listed(
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


def _missing(root: Path, row: PhotoRow) -> Problem:
    why = "is a folder, not a photo" if (root / row.path).is_dir() else "is missing"
    return Problem(
        photo=row.path,
        why=f"{root / row.path} (tags.csv, row {row.number}) {why}.",
        left_out=True,
    )


def _common_top(rows: Sequence[PhotoRow]) -> PurePosixPath:
    """Return the first folder of all paths if they share it, such as `images/`."""
    tops = {top_folder(row.path) for row in rows}
    return PurePosixPath(tops.pop()) if len(tops) == 1 else PurePosixPath()
