"""Determine the class of each label in masks in VOC layout with user-defined classes."""

from __future__ import annotations

from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.names import read_text, refuse_case_variants
from tag2mask.data.readers.photo_files import entry

NAMES = ("labelmap.txt", "classes.txt", "class_names.txt", "labels.txt")
"""Files that list the classes in the order of the labels, in order of preference."""

_BACKGROUND = frozenset({"background", "_background_", "__background__", "bg"})
_NO_LABEL = frozenset({"__ignore__", "_ignore_", "void", "ignore"})


def label_file(root: Path) -> Path | None:
    """Return the file that lists the classes in the order of the labels, if there is one."""
    found = (entry(root, name) for name in NAMES)
    return next((path for path in found if path is not None and path.is_file()), None)


def read_labels(path: Path) -> tuple[str, ...]:
    """Return the classes in such a file: one per line, the background first.

    In labelmap.txt (CVAT) a line is `name:r,g,b:parts:actions`.

    Raises:
        InputError: the background is missing or not first, a name twice, or names that differ only
            by case.
    """
    lines = read_text(path).rstrip().splitlines()
    names = [line.strip() for line in lines if not line.lstrip().startswith("#")]
    if path.name.lower() == "labelmap.txt":
        names = [name.split(":")[0].strip() for name in names if name]
        # The order of lines is irrelevant here, because colours determine the labels.
        names.sort(key=lambda name: name.lower() not in _BACKGROUND)
    names = [name for name in names if name and name.lower() not in _NO_LABEL]
    if not names or names[0].lower() not in _BACKGROUND:
        first = names[0] if names else "nothing"
        raise InputError(f"{path}: the first class must be background, which has the label 0, not "
                         f"{first!r}; add it.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path} names the class {twice!r} twice; remove one of them.")
    refuse_case_variants({name: path.name for name in names[1:]}, source=str(path))
    return tuple(names[1:])
