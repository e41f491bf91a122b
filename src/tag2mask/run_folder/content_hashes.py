"""Identify files by a hash of their content, which is recomputed only if a file may have changed.

A photo may be replaced by another of equal size, and copying can preserve the modification time. So
files are identified by a SHA-256. The hash is reused if size, both times and the inode are all
unchanged, which costs one `stat`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tag2mask.core.collection import collection_paused
from tag2mask.core.contracts import InputError
from tag2mask.core.json_records import write_json
from tag2mask.data.data_files import DataFile
from tag2mask.data.dataset import Dataset, Photo, content_of, gone_sentence
from tag2mask.run_folder.folder import RunFolder

_SETTLED = 3 * 10**9
"""Nanoseconds since the last change before a hash is reused; a later change could be hidden by the
resolution of the clock."""

Contents = Mapping[str, str]
"""Stamp and SHA-256 of the content by path, as in "size mtime ctime inode hash"."""


def read_contents(run: RunFolder) -> dict[str, str]:
    """Read the file written by `write_contents`; {} if it is missing."""
    return {path: str(known) for path, known in run.read_json(run.contents).items()}


def write_contents(run: RunFolder, contents: Contents) -> None:
    """Write stamps and hashes of all files if they changed."""
    if read_contents(run) != contents:
        write_json(run.contents, dict(contents))


@collection_paused()
def identify(
    dataset: Dataset, known: Contents, *, fresh: Contents | None = None
) -> tuple[Dataset, dict[str, str]]:
    """Add the hash of its content to every photo and mask.

    Args:
        dataset: the data set, whose files may have changed.
        known: the second result of an earlier call; {} for the first.
        fresh: that of a call just now, whose files need not be looked at again.

    Returns:
        The data set, and the value of `known` for the next call.

    Raises:
        InputError: a photo no longer exists.
    """
    found: dict[str, str] = {}
    photos = tuple(_identified(photo, known, fresh or {}, found) for photo in dataset.photos)
    return replace(dataset, photos=photos), found


def replaced_photos(before: Contents, now: Contents) -> list[str]:
    """Return the files whose content has changed."""
    return [path for path, entry in now.items()
            if path in before and before[path].split(" ")[-1] != entry.split(" ")[-1]]


def _identified(
    photo: Photo, known: Contents, fresh: Contents, found: dict[str, str]
) -> Photo:
    mask = photo.mask if photo.mask and photo.mask.is_file() else None
    return replace(
        photo, content=_content(photo.path, known, fresh, found),
        mask_content=_content(mask, known, fresh, found) if mask else "",
    )


def _content(path: Path, known: Contents, fresh: Contents, found: dict[str, str]) -> str:
    key = os.path.join(os.getcwd(), path)  # noqa: PTH109, PTH118 - half the time of `absolute`
    if key in fresh:
        found[key] = fresh[key]
        return fresh[key].rpartition(" ")[2]
    stamp, changed = _stamp(path, key)
    before = known.get(key, "").rpartition(" ")
    content = before[2] if before[0] == stamp else content_of(path)
    settled = time.time_ns() - changed > _SETTLED
    found[key] = f"{stamp if settled else 'unsettled'} {content}"
    return content


def _stamp(path: Path, absolute: str) -> tuple[str, int]:
    """Return the size, times and inode of a file as text, and the time of its last change."""
    try:
        # Of an ordinary file without a `Path`: half the time.
        entry = path.stat() if isinstance(path, DataFile) else os.stat(absolute)  # noqa: PTH116
    except FileNotFoundError as error:
        raise InputError(gone_sentence(path)) from error
    stamp = f"{entry.st_size} {entry.st_mtime_ns} {entry.st_ctime_ns} {entry.st_ino}"
    return stamp, max(entry.st_mtime_ns, entry.st_ctime_ns)
