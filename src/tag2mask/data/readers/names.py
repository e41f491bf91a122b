"""Normalise names of photos and classes: unique, one spelling, inside the data set's folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path, PurePosixPath, PureWindowsPath

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.table.spellings import class_key, clean_name
from tag2mask.data.readers.table.text import read_table_text

NOTHING = "_none"
"""The class folder of photos without any object."""

_NUMBERED = re.compile(r"(\d{1,9})\s*[:;,.)\s=]\s*(\S.*)")
_UNUSUAL = re.compile(r"[\\:]|\.\.|(?:^|/)\.?(?:/|$)")
"""In paths that may be absolute, lead out, or be written in a shorter way."""
_RESERVED = (NOTHING, "background")
_HIDDEN = ("__MACOSX", "Thumbs.db", "desktop.ini")


def is_hidden(path: Path | str) -> bool:
    """Return whether a path is hidden or a leftover of the operating system."""
    name = path if isinstance(path, str) else path.name
    return name.startswith(".") or name in _HIDDEN


def path_below_root(text: str, *, where: str) -> PurePosixPath:
    """Return a path as written in a file; a backslash is a separator too.

    Raises:
        InputError: absolute, or with `..`, which could lead out of the data set.
    """
    return PurePosixPath(text_below_root(text, where=where))


def text_below_root(text: str, *, where: str) -> str:
    """Return a path as `path_below_root` does, as text: a million paths would take half a minute.

    Raises:
        InputError: as for `path_below_root`.
    """
    if not _UNUSUAL.search(text):
        return text
    if PurePosixPath(text).is_absolute() or PureWindowsPath(text).anchor:
        raise InputError(
            f"{where} names the absolute path {text}; write the path below the data set's folder."
        )
    path = PurePosixPath(text.replace("\\", "/"))
    if ".." in path.parts:
        raise InputError(
            f"{where} names {text}, where '..' leads out of the data set; put the photo inside "
            f"and write its path without '..'."
        )
    return str(path)


def unique_names(paths: Sequence[str]) -> list[str]:
    """Name each path without its suffix; names that then clash all keep the suffix."""
    names = list(map(without_extension, paths))
    while len(set(names)) < len(names):
        counts = Counter(names)
        kept = [path if counts[name] > 1 else name for path, name in zip(paths, names, strict=True)]
        if kept == names:
            break
        names = kept
    return names


def without_extension(path: str) -> str:
    """Return a path without the suffix of its file, as `PurePath.with_suffix("")` does."""
    dot = path.rfind(".")
    return path[:dot] if path.rfind("/") + 1 < dot < len(path) - 1 else path


def stem(path: str) -> str:
    """Return the name of a path's file without its suffix."""
    return without_extension(path).rpartition("/")[2]


def top_folder(path: str) -> str:
    """Return the first folder of a path, "" for a file without one."""
    return path.partition("/")[0] if "/" in path else ""


def read_classes(path: Path) -> tuple[str, ...]:
    """Read classes.txt: "background", then one class per line, in the order of the mask labels.

    Each line may begin with its label, as in `0: background`; labelme's `__ignore__` and
    `_background_` are understood.

    Raises:
        InputError: another first line, an empty line, or a name twice (case does not count).
    """
    lines = _class_lines(path)
    if not lines or lines[0].lower() != "background":
        first = lines[0] if lines else "nothing"
        raise InputError(f"{path}: the first line must be 'background', not {first!r}; add it.")
    for number, name in enumerate(lines[1:], start=2):
        if not name:
            raise InputError(f"{path}, line {number} is empty; remove it, or labels would shift.")
    where = {name: f"line {number}" for number, name in enumerate(lines[1:], start=2)}
    if len(where) < len(lines) - 1:
        twice = next(name for name, n in Counter(lines[1:]).items() if n > 1)
        raise InputError(f"{path} names the class {twice!r} twice; remove one of them.")
    refuse_case_variants(where, source=str(path))
    return tuple(lines[1:])


def _class_lines(path: Path) -> list[str]:
    lines = [clean_name(line) for line in read_text(path).rstrip().splitlines()]
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    labels = [int(match[1]) for match in numbered if match]
    if len(lines) > 1 and len(labels) == len(lines):
        if labels != list(range(len(lines))):
            raise InputError(
                f"{path} numbers its lines {', '.join(map(str, labels[:6]))}, but the labels must "
                f"be 0 for background, then 1, 2 and so on without a gap."
            )
        lines = [match[2] for match in numbered if match]
    if lines[:2] == ["__ignore__", "_background_"]:
        lines = lines[1:]
    return ["background", *lines[1:]] if lines[:1] == ["_background_"] else lines


def refuse_case_variants(where: Mapping[str, str], *, source: str) -> None:
    """Refuse class names that differ only by case or spaces, or that denote the background.

    Args:
        where: location where each name first occurs, such as "row 7".
        source: the file or folder, for the error message.

    Raises:
        InputError: the message names both spellings and both places.
    """
    seen: dict[str, str] = {}
    for name, place in where.items():
        if name.lower() in _RESERVED:
            raise InputError(
                f"{source}, {place}: {name!r} cannot be a class; photos with nothing on them have "
                f"no tag (or lie in the folder {NOTHING})."
            )
        other = seen.setdefault(class_key(name), name)
        if other != name:
            what = "case" if other.lower() == name.lower() else "spaces, case or Unicode form"
            raise InputError(
                f"{source}: {other!a} ({where[other]}) and {name!a} ({place}) differ "
                f"only by {what}; spell both the same way."
            )


def known_class(name: str, classes: Sequence[str], *, where: str) -> str:
    """Return the class that `name` denotes; case and the kind of spaces are ignored.

    Raises:
        InputError: no such class; the message suggests the nearest one.
    """
    spelled = {class_key(known): known for known in classes}
    if class_key(name) in spelled:
        return spelled[class_key(name)]
    near = get_close_matches(class_key(name), spelled, n=1)
    hint = f"did you mean {spelled[near[0]]!r}?" if near else "add it there, or fix the tag."
    raise InputError(f"{where} has the tag {name!r}, which is not in classes.txt; {hint}")


def read_text(path: Path) -> str:
    """Read a file in UTF-8, or in UTF-16 if a byte order mark or zero bytes indicate it.

    Raises:
        InputError: unreadable, or in another encoding.
    """
    text = read_table_text(path)
    if text.notices:  # uncertain names of photos and classes must not be used
        raise InputError(f"{path} is not in UTF-8; save it again in that encoding.")
    return text.content
