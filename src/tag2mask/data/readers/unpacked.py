"""Photos that are unpacked once into a hidden folder beside the files that hold them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.files import full_disk
from tag2mask.core.json_records import read_record, write_record

FOLDER = ".unpacked"
"""The folder of the unpacked photos."""

_INDEX = "index.json"

_ABANDONED = 86_400
"""Seconds after which a temporary folder belongs to a process that was killed."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """An unpacked photo; paths are below the folder of the unpacked files."""

    name: str
    shard: str
    """Where it was."""
    photo: str | None = None
    mask: str | None = None
    tags: tuple[str, ...] | None = None
    """None if they are unknown."""
    split: str | None = None
    """As written."""


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """All unpacked photos."""

    stamps: tuple[str, ...]
    """Name, size, times and inode of every file, from which a change is noticed."""
    samples: tuple[Sample, ...]


def current(folder: Path, stamps: tuple[str, ...]) -> Unpacked | None:
    """Return the index of the unpacked files; None if there are none, or of other stamps."""
    file = folder / FOLDER / _INDEX
    known = read_record(file, Unpacked, fix=f"delete {file.parent}")
    return known if known is not None and known.stamps == stamps else None


def write_index(unpacked: Path, index: Unpacked) -> None:
    """Write the index of unpacked files into their folder."""
    write_record(unpacked / _INDEX, index)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `.unpacked` if the block succeeds.

    Raises:
        InputError: it cannot be written.
    """
    temporary, final = folder / f"{FOLDER}.{os.getpid()}.tmp", folder / FOLDER
    old = folder / f"{FOLDER}.{os.getpid()}.old"
    _remove_leftovers(folder)
    try:
        temporary.mkdir()
        yield temporary
        if final.exists():
            final.rename(old)
        temporary.rename(final)
    except OSError as error:
        if full_disk(error):
            raise
        raise InputError(f"The photos in {folder} have to be unpacked into {final}, which cannot "
                         f"be written ({error.strerror}); allow writing there, or copy the folder "
                         "elsewhere.") from error
    finally:
        for left in (temporary, old):
            shutil.rmtree(left, ignore_errors=True)


def _remove_leftovers(folder: Path) -> None:
    """Remove the folders of killed processes; younger ones may be in use."""
    for left in folder.glob(f"{FOLDER}.*.*"):
        if left.name.startswith(f"{FOLDER}.{os.getpid()}.") or \
                time.time() - left.stat().st_mtime > _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)
