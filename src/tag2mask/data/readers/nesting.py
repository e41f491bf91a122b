"""Find data sets one or two levels below the given folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.wording import listing
from tag2mask.data.readers.folder_names import is_no_class, names_an_origin, split_of_folder
from tag2mask.data.readers.photo_files import folders_in, has_photos, holds_photos

_MANY = 100
"""Number of folders above which they are classes."""


def folder_inside(root: Path, is_data_set: Callable[[Path], bool]) -> Path | None:
    """Find the data set below `root`, such as VOC2012 in VOCdevkit; None if there is none.

    Args:
        root: a folder that is not a data set itself.
        is_data_set: whether a folder has a layout with distinctive files.

    Raises:
        InputError: there are several, or other photos beside it.
    """
    tops = folders_in(root)
    if not 0 < len(tops) <= _MANY:
        return None
    found = [folder for folder in tops if is_data_set(folder)]
    if not found and len(tops) <= 5:  # search one more level if there are few folders
        found = [f for top in tops for f in folders_in(top)[:_MANY] if is_data_set(f)]
    if not found:
        return None
    beside = [f for f in tops if not any(d.is_relative_to(f) for d in found) and has_photos(f)]
    if len(found) == 1 and not beside:
        return found[0]
    names = listing([f.relative_to(root).as_posix() for f in found + beside])
    what = "several data sets" if len(found) > 1 else "a data set and other photos"
    raise InputError(f"{root} holds {what} ({names}); give one of these folders.")


def folder_around_classes(root: Path) -> Path | None:
    """Return the only subfolder if it contains class folders or splits; else None."""
    filled = [folder for folder in folders_in(root) if has_photos(folder)]
    if len(filled) != 1 or holds_photos(root) or holds_photos(filled[0]):
        return None
    if is_no_class(filled[0].name):  # left to the reader of class folders, which knows these
        return None
    inner = [folder.name for folder in folders_in(filled[0]) if has_photos(folder)]
    several = len(inner) > 1 and not all(names_an_origin(name) for name in inner)
    around = several or split_of_folder(inner[0]) or folder_around_classes(filled[0])
    return filled[0] if around else None
