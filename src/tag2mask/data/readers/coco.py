"""Recognise COCO (photos with annotations in one JSON file), and refer to the converter."""

from __future__ import annotations

import re
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset
from tag2mask.data.readers.class_tree import has_class_folders
from tag2mask.data.readers.names import is_hidden
from tag2mask.data.readers.photo_files import folders_in

LOOKS_FOR = ""

_KEYS = re.compile(rb'"(images|annotations|categories|image_id|category_id)"\s*:')
_GLANCE = 200_000


def fits(root: Path) -> bool:
    """Return whether there is a COCO file, and no class folder beside it."""
    return _file(root) is not None and not has_class_folders(root)


def read(root: Path) -> Dataset:
    """Refuse the data set, as annotations must be converted first.

    Raises:
        InputError: always; the message names the command.
    """
    file = _file(root) or root
    raise InputError(
        f"{root} is a COCO data set ({file.relative_to(root)}); convert it with `tag2mask import "
        f"{root} --data DATA`, then use DATA, or put the photos into a folder per class."
    )


def _file(root: Path) -> Path | None:
    """Find a JSON file with COCO's keys, directly in `root` or in a subfolder."""
    for top in [root, *folders_in(root)[:50]]:
        for path in sorted(top.glob("*.[jJ][sS][oO][nN]"))[:20]:
            if path.is_file() and not is_hidden(path) and len(_keys(path)) > 1:
                return path
    return None


def _keys(path: Path) -> set[bytes]:
    """Return COCO's keys at the start and at the end of a file, which may be very large."""
    with path.open("rb") as file:
        seen = file.read(_GLANCE)
        size = file.seek(0, 2)
        file.seek(max(0, size - _GLANCE))
        seen += file.read()
    return set(_KEYS.findall(seen))
