"""The index of a folder of shards: its photos, and where in which shard their bytes are.

Photos stay in their shards. Their paths lead into the hidden folder `.shards` beside these, as in
`.shards/images/cat/001.jpg`, where there is no such file; `DataFile` looks them up in the index.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from tag2mask.core.cache_folder import CACHE, cache_folder
from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import why_no_file_name
from tag2mask.core.files import WriteError, full_disk
from tag2mask.core.json_records import read_record, write_record

FOLDER = ".shards"
"""The folder of the index, beside the shards."""

_FILE = "index.json"


@dataclass(frozen=True, kw_only=True)
class Extent:
    """The place of a file in a shard."""

    member: str
    """Its path in the shard."""
    start: int
    """Its first byte in the shard."""
    size: int
    """Its number of bytes."""


@dataclass(frozen=True, kw_only=True)
class ShardPhoto:
    """What the shards hold about one photo."""

    name: str
    shard: str
    """Path of the shard below the folder of all shards."""
    photo: Extent | None = None
    mask: Extent | None = None
    tags: tuple[str, ...] | None = None
    """None without a file of tags."""
    number: int | None = None
    """The number of a class, counted from 0, in a file `.cls`."""
    split: str | None = None
    """As written."""

    @property
    def photo_path(self) -> str | None:
        """Path of the photo below the folder of the index; None if there is none."""
        return self._path("images", self.photo)

    @property
    def mask_path(self) -> str | None:
        """Path of the mask below the folder of the index; None if there is none."""
        return self._path("masks", self.mask)

    def _path(self, top: str, extent: Extent | None) -> str | None:
        suffix = PurePosixPath(extent.member).suffix.lower() if extent else ""
        return f"{top}/{self.name}{suffix}" if extent else None


@dataclass(frozen=True, kw_only=True)
class ShardIndex:
    """All photos in the shards of a folder, in the order of their names."""

    stamps: tuple[str, ...]
    """Name, size, times and inode of every shard, from which a change is noticed."""
    photos: tuple[ShardPhoto, ...]
    unread: tuple[str, ...] = ()
    """Kinds of files that are not read, such as "txt"."""
    elsewhere: bool = False
    """Whether the shards are in a bucket, see `tag2mask.data.bucket_shards`."""

    def __post_init__(self) -> None:
        """Refuse what leads out of the folder or of a shard: the file may come from elsewhere."""
        for shard in self.versions:
            if PurePosixPath(shard).is_absolute() or ".." in PurePosixPath(shard).parts:
                raise ValueError(f"the shard {shard} is elsewhere")
        for one in self.photos:
            if one.shard not in self.versions:
                raise ValueError(f"the photo {one.name!r} is in no shard")
            if why := why_no_file_name(one.name):
                raise ValueError(f"the name {one.name!r} {why}")
            length, _ = self.versions[one.shard]
            for part in (one.photo, one.mask):
                if part and not (part.start >= 0 and 0 <= part.size <= length - part.start):
                    raise ValueError(f"{part.member!r} is not within {one.shard}")

    @cached_property
    def places(self) -> dict[str, tuple[str, Extent]]:
        """The shard of each file, and its place there, by its path below the index's folder."""
        return {
            path: (one.shard, extent) for one in self.photos
            for path, extent in ((one.photo_path, one.photo), (one.mask_path, one.mask))
            if path and extent
        }

    @cached_property
    def versions(self) -> dict[str, tuple[int, int]]:
        """The size and time of each shard by its path, which may have spaces."""
        return {path: (int(size), int(time)) for path, size, time, *_ in
                (stamp.rsplit(" ", 4) for stamp in self.stamps)}


def read_index(folder: str | Path) -> ShardIndex | None:
    """Read the index of a folder of shards; None if there is none.

    Raises:
        InputError: its file is damaged.
    """
    for file in _files(str(folder)):
        try:
            entry = os.stat(file)  # noqa: PTH116 - for every photo
        except OSError:
            continue
        return _read(file, entry.st_mtime_ns, entry.st_size, entry.st_ino)
    return None


@lru_cache(maxsize=4)
def _read(file: str, *stamp: int) -> ShardIndex | None:
    """Read an index once as long as its file is the same; `stamp` identifies it."""
    return read_record(Path(file), ShardIndex, fix="delete it and repeat")


def write_index(folder: Path, index: ShardIndex) -> None:
    """Write the index beside the shards, or into the user's cache if that is not allowed.

    Raises:
        InputError: neither can be written.
    """
    cached, beside = map(Path, _files(str(folder)))
    try:
        write_record(beside, index)
        with suppress(OSError):  # there is none, as in a cache that is no folder
            cached.unlink()
    except WriteError as error:
        if full_disk(error):
            raise
        try:
            write_record(cached, index)
        except WriteError as other:
            raise InputError(f"The index of the shards can be written neither to {beside} nor to "
                             f"{cached}; allow one of them, or name a folder in {CACHE}."
                             ) from other


def cached_file(folder: str | Path, name: str) -> Path:
    """Return the place of a file about a folder of shards in the user's cache."""
    return Path(_files(str(folder))[0]).with_name(name)


def _files(folder: str) -> tuple[str, str]:
    """Return the places of the index: in the user's cache, and beside the shards.

    The former exists only if the latter could not be written; what is there may be out of date.
    """
    working = "" if os.path.isabs(folder) else os.getcwd()  # noqa: PTH109, PTH117 - every photo
    return _places(folder, str(cache_folder()), working)


@lru_cache(maxsize=64)
def _places(folder: str, cache: str, working: str) -> tuple[str, str]:
    whole = Path(working, folder).resolve()
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:16]
    return str(Path(cache, "shards", digest, _FILE)), str(Path(folder, FOLDER, _FILE))


def stamp(folder: Path, shard: Path) -> str:
    """Return the path of a shard, its size, times and inode, from which a change is noticed."""
    entry = shard.stat()
    return " ".join(map(str, (shard.relative_to(folder).as_posix(), entry.st_size,
                              entry.st_mtime_ns, entry.st_ctime_ns, entry.st_ino)))
