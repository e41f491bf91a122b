"""List photos and folders below a data set's folder, without files of the operating system."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from tag2mask.data.dataset import Problem
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.names import is_hidden

_UNREADABLE = tuple(
    suffix
    for suffix in (".heic", ".heif", ".avif", ".cr2", ".nef", ".arw", ".dng")
    if suffix not in SUFFIXES
)

ASK_MASKS = "; masks are for scoring, and tags are taken from them only by asking for it: " \
    "`tag2mask import {} --data DATA --as tags`."
"""The end of a sentence about photos that have masks but no tags."""


def folders_in(top: Path) -> Sequence[Path]:
    """Return the visible folders directly in `top`, sorted."""
    with os.scandir(top) as entries:  # asks the disk nothing about each of many photos
        paths = [Path(entry.path) for entry in entries if is_kind(entry.is_dir)]
    return sorted(path for path in paths if not is_hidden(path))


def is_kind(kind: Callable[[], bool]) -> bool:
    """Return whether an entry of a folder is of a kind, which is unknown for links in a circle.

    Args:
        kind: its method `is_dir` or `is_file`.
    """
    try:
        return kind()
    except OSError:
        return False


def files_in(top: Path) -> Sequence[Path]:
    """Return the files with photo suffixes directly in `top`, sorted."""
    return sorted(p for p in top.iterdir() if is_photo(p) and not p.is_dir())


def photos_below(folder: Path) -> Iterator[Path]:
    """Yield the files with photo suffixes at any depth, except hidden ones."""
    for path in sorted(folder.iterdir()):
        if is_hidden(path):
            continue
        if is_photo(path):
            yield path
        elif path.is_dir() and not path.is_symlink():  # a link could lead round in circles
            yield from photos_below(path)


def has_photos(folder: Path) -> bool:
    """Return whether there is a photo at any depth."""
    if any(map(is_photo, folder.iterdir())):
        return True
    return any(has_photos(inner) for inner in folders_in(folder) if not inner.is_symlink())


def holds_photos(folder: Path) -> bool:
    """Return whether there is a photo directly in `folder`."""
    return any(is_photo(path) and not path.is_dir() for path in folder.iterdir())


def is_photo(path: Path) -> bool:
    """Return whether a path has a photo suffix, including formats that cannot be read."""
    return path.suffix.lower() in SUFFIXES + _UNREADABLE and not is_hidden(path)


def unusable(path: Path) -> str:
    """Return the reason why a file with a photo suffix is unusable, "" if it seems usable."""
    if path.is_dir():
        return "It is a folder, not a photo; rename it."
    if not path.is_file():
        return "It is a link that leads nowhere; fix or remove it."
    if path.suffix.lower() in _UNREADABLE:
        return f"{path.suffix} files cannot be read; convert it to JPEG."
    return ""


def below(path: Path, root: Path) -> PurePosixPath:
    """Return the path below `root`, with slashes."""
    return PurePosixPath(path.relative_to(root).as_posix())


def left_out(path: Path, root: Path, why: str) -> Problem:
    """Return a problem that excludes the photo at `path`."""
    return Problem(photo=str(below(path, root)), why=why, left_out=True)


def entry(folder: Path, name: str) -> Path | None:
    """Return the file or folder called `name`, ignoring case; None if there is none."""
    exact = folder / name
    if exact.exists():
        return exact
    if not folder.is_dir():
        return None
    wanted = name.casefold()
    alike = sorted(found for found in os.listdir(folder) if found.casefold() == wanted)  # noqa: PTH208
    return folder / alike[0] if alike else None
