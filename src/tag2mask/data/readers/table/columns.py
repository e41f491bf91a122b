"""Find the columns of a table that contain the photo, its tags and its split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tag2mask.core.contracts import InputError
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.splits import SYNONYMS
from tag2mask.data.readers.table.nothing import WORDS
from tag2mask.data.readers.table.sheet import Row, Sheet, separator_name

_KNOWN = {
    "image": {
        "images", "img", "imgs", "photo", "photos", "picture", "file", "files", "filename",
        "filenames", "fname", "filepath", "path", "imagepath", "imagefile", "imagename",
        "imagefilename", "imageid", "imgpath", "imgname", "photoname",
    },
    "tags": {
        "tag", "label", "labels", "class", "classes", "classname", "classnames", "category",
        "categories", "labelname", "labelnames", "imagelabel", "imagelabels", "keyword", "keywords",
    },
    "split": {"splits", "subset", "partition", "set"},
}
"""Common names of the columns, in lower case without spaces and underscores."""

_MASKS = {"mask", "masks", "maskpath", "maskfile", "maskfilename", "maskname", "segmentationmask"}

_GROUPS = {"group", "groups", "patient", "patients", "subject", "subjects", "video", "videos"}
"""Names of columns whose photos belong together; also with `id` or `name` at their end."""

_FEWEST_GROUPS = 5
"""Number of different groups below which a column is something else, as for two arms of a study."""

_YES, _NO = {"1", "1.0", "true", "yes", "x"}, {"0", "0.0", "false", "no", "-1"}


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Column indices by role."""

    image: int
    """Column of the photo's path."""
    tags: tuple[int, ...]
    """Columns with tags; () for a table with a column per class."""
    split: int | None
    """Column of the split; None if the table has none."""
    mask: int | None
    """Column with the path of the mask for scoring; None if the table has none."""
    group: int | None
    """Column that says which photos belong together, such as a patient; None without one."""
    classes: tuple[int, ...]
    """Columns with a yes or no for the class named in the header."""
    notices: tuple[str, ...]
    """Notices on recognised columns with unexpected names."""


def count_known(cells: Sequence[str]) -> int:
    """Return the number of cells that could be names of columns that are read."""
    return sum(_role(cell) is not None for cell in cells)


def find_columns(sheet: Sheet, rows: Sequence[Row]) -> Columns:
    """Recognise columns by their names, and a column per class by its zeros and ones.

    Args:
        sheet: the table.
        rows: its rows, each with as many cells as the header.

    Raises:
        InputError: no column for the photo or the tags, or several that contradict each other.
    """
    notices: list[str] = []
    images = _named(sheet, "image", notices)
    tags = _named(sheet, "tags", notices)
    splits = _splits(sheet, rows, notices)
    masks, groups = _mask_columns(sheet, rows), _group_columns(sheet, rows)
    taken = [*images, *splits, *masks, *groups]
    if not images or not (tags or _candidates(sheet, rows, taken)):
        raise _missing(sheet, "tags" if images else "image")
    image, split = _one(sheet, rows, images), _one(sheet, rows, splits) if splits else None
    classes: tuple[int, ...] = ()
    if not tags:
        classes = _class_columns(sheet, rows, taken, notices)
    elif len(tags) > 1:
        notices.append(f"{sheet.path.name} has {len(tags)} columns {_quoted(sheet, tags)}; the "
                       "tags in them are put together.")
    if groups and (split is None or not all(row.cells[split].strip() for row in rows)):
        notices.append(f"{sheet.path.name}: photos with the same {_quoted(sheet, groups)} are held "
                       f"out together.")
    return Columns(image=image, tags=tuple(tags), split=split, classes=classes,
                   mask=masks[0] if masks else None, group=groups[0] if groups else None,
                   notices=tuple(notices))


def _mask_columns(sheet: Sheet, rows: Sequence[Row]) -> list[int]:
    """Return the column that names a picture for each photo with a mask."""
    named = [i for i, name in enumerate(sheet.header) if _word(name) in _MASKS]
    cells = {i: _words_in(rows, i) - {"", *WORDS} for i in named}
    return [i for i in named if cells[i] and all(c.endswith(SUFFIXES) for c in cells[i])][:1]


def _group_columns(sheet: Sheet, rows: Sequence[Row]) -> list[int]:
    """Return the column that says which photos belong together."""
    named = [i for i, name in enumerate(sheet.header)
             if re.sub(r"(id|name)$", "", _word(name)) in _GROUPS]
    cells = {i: _words_in(rows, i) - {"", *WORDS} for i in named}
    return [i for i in named if len(cells[i]) >= _FEWEST_GROUPS][:1]


def _words_in(rows: Sequence[Row], place: int) -> set[str]:
    """Return the different cells of a column, without case and surrounding spaces."""
    return {cell.strip().lower() for cell in {row.cells[place] for row in rows}}


def _role(name: str) -> str | None:
    word = _word(name)
    return next((role for role, known in _KNOWN.items() if word == role or word in known), None)


def _word(name: str) -> str:
    """Return a column's name without case, spaces, underscores and trailing number."""
    plain = re.sub(r"[\W_]+", "", name).lower()
    return re.sub(r"\d+$", "", plain) or plain


def _named(sheet: Sheet, role: str, notices: list[str]) -> list[int]:
    """Return the columns of a role: those with its exact name, or else those of one synonym."""
    plain = [name.strip().lower() for name in sheet.header]
    # pandas renames a second column of the same name `tags.1`; several tags are often numbered.
    again = re.compile(rf"{role}(\.\d+)?" if role != "tags" else r"tags?([._ -]?\d+)?")
    if role in plain:
        return [index for index, name in enumerate(plain) if again.fullmatch(name)]
    found = [index for index, name in enumerate(sheet.header) if _role(name) == role]
    if len({_word(sheet.header[index]) for index in found}) > 1:
        if role == "split":
            return []
        raise InputError(
            f"{sheet.path}: the columns {_quoted(sheet, found)} could all be the {role}; call the "
            f"right one {role!r}."
        )
    if found:
        notices.append(f"{sheet.path.name}: the column {_quoted(sheet, found[:1])} is read as "
                       f"{role!r}.")
    return found


def _one(sheet: Sheet, rows: Sequence[Row], found: Sequence[int]) -> int:
    """Return the first of several columns that must agree."""
    for row in rows if len(found) > 1 else ():
        values = {row.cells[index].strip() for index in found}
        if len(values) > 1:
            raise InputError(
                f"{sheet.path}, row {row.number}: the columns {_quoted(sheet, found)} differ "
                f"({' and '.join(sorted(map(repr, values)))}); remove the wrong one."
            )
    return found[0]


def _splits(sheet: Sheet, rows: Sequence[Row], notices: list[str]) -> list[int]:
    """Return the columns named split, whatever they contain, or else a synonym with splits."""
    lines: list[str] = []
    found = _named(sheet, "split", lines)
    words = {word for index in found for word in _words_in(rows, index)}
    if not lines or (words & SYNONYMS.keys() and words <= {"", *WORDS, *SYNONYMS}):
        notices += lines
        return found
    return []


def _candidates(sheet: Sheet, rows: Sequence[Row], taken: Sequence[int]) -> list[int]:
    """Return the columns that contain only zeros and ones."""
    others = [i for i, name in enumerate(sheet.header) if name.strip() and i not in taken]
    return [i for i in others if _is_yes_or_no(_words_in(rows, i))]


def _is_yes_or_no(values: set[str]) -> bool:
    if not values & (_YES | _NO):
        return False
    return values <= _YES | _NO or values <= _YES | {""}


def _class_columns(
    sheet: Sheet, rows: Sequence[Row], taken: Sequence[int], notices: list[str]
) -> tuple[int, ...]:
    found = _candidates(sheet, rows, taken)
    others = [i for i, name in enumerate(sheet.header)
              if name.strip() and i not in [*taken, *found] and not name.startswith("Unnamed")]
    if others:
        raise InputError(
            f"{sheet.path} has no column 'tags'; {_quoted(sheet, found)} may be classes with 1 and "
            f"0, but {_quoted(sheet, others)} is neither; remove it, or add a column 'tags'."
        )
    notices.append(f"{sheet.path.name} has no column 'tags' but one per class: a photo has the "
                   f"class where there is a 1 ({_quoted(sheet, found)}).")
    return tuple(found)


def is_yes(cell: str) -> bool:
    """Return whether a cell in a class's column marks the class as present."""
    return cell.strip().lower() in _YES


def _quoted(sheet: Sheet, found: Sequence[int]) -> str:
    names = [repr(sheet.header[index].strip()) for index in found]
    return ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")


def _missing(sheet: Sheet, role: str) -> InputError:
    there = ", ".join(name.strip() for name in sheet.header if name.strip()) or "nothing"
    return InputError(
        f"{sheet.path} has no column {role!r}, only {there}; the first row must be "
        f"image,tags or image,tags,split, separated by {separator_name(sheet.separator)}."
    )
