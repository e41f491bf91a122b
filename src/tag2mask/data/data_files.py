"""Paths of photos and masks, which may lie in a shard."""

from __future__ import annotations

import io
import os
import shutil
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from tag2mask.core.contracts import SourceError
from tag2mask.data.bucket_shards import BucketShards, read_bucket
from tag2mask.data.shard_index import FOLDER, Extent, read_index

if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())  # before Python 3.12 Path itself has no subclasses

_MARK = f"{os.sep}{FOLDER}{os.sep}"
"""In a path that leads into shards, unless it begins so, as of the working folder."""

_AT_ONCE = 2**20
"""Largest size in bytes of a file in a shard that is read as a whole when it is opened."""


class Place(NamedTuple):
    """Where the bytes of a file in a shard are."""

    folder: str
    name: str
    """Path of the shard below the folder."""
    version: tuple[int, int]
    """Size and time of the shard when it was read."""
    extent: Extent
    bucket: BucketShards | None
    """Where the shard is, if that is not the folder."""

    @property
    def shard(self) -> str:
        """The path of the shard, or its address."""
        return self.bucket.by_name[self.name][0].url if self.bucket else \
            os.path.join(self.folder, self.name)  # noqa: PTH118 - for every photo


def data_file(path: str | os.PathLike[str]) -> Path:
    """Return the path of a photo or mask; if it leads into shards, one that reads from them."""
    if not isinstance(path, DataFile) and is_packed(path):
        return DataFile(path)
    return path if isinstance(path, Path) else Path(path)


def is_packed(path: str | os.PathLike[str]) -> bool:
    """Return whether a path leads into shards, where no program but this one finds the file."""
    return bool(shards_folder(path))


def shards_folder(path: str | os.PathLike[str]) -> str:
    """Return the folder of the shards into which a path leads; "" if it leads into none."""
    return _split(os.fspath(path))[0]


def _split(path: str) -> tuple[str, str]:
    """Split a path into a folder of shards and the path below its index; "" if it leads to none."""
    if path.startswith(_MARK[1:]):
        path = f"{os.curdir}{os.sep}{path}"
    folder, mark, below = path.rpartition(_MARK)
    return (folder or os.sep, below.replace(os.sep, "/")) if mark else ("", path)


def what_is_missing(path: Path) -> Path:
    """Return what is missing if a photo is: itself, its shard, their folder, or the index."""
    folder, below = _split(os.fspath(path))
    if not folder:
        return path
    if index := read_index(folder):
        found = index.places.get(below)
        return Path(folder, found[0]) if found else path
    return Path(folder, FOLDER) if Path(folder).is_dir() else Path(folder)


def name_in_messages(path: Path) -> str:
    """Return how messages name a file: its path, or its shard and its path in there."""
    file = data_file(path)
    place = file.place() if isinstance(file, DataFile) else None
    return f"{place.shard}, member {place.extent.member}" if place else str(path)


def openable(path: Path) -> Path | IO[bytes]:
    """Return what other libraries can open: the path, or the open file if it lies in a shard."""
    file = data_file(path)
    return file.open("rb") if isinstance(file, DataFile) and file.place() else path


def copy_file(path: Path, target: Path) -> None:
    """Copy a photo, which may lie in a shard, to an ordinary file."""
    with data_file(path).open("rb") as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)


class DataFile(_Path):
    """A path that may lead into shards; then its bytes are read from there, and it is read-only."""

    def place(self) -> Place | None:
        """Return the shard and the place in it; None for a path that leads into none.

        Also without an index: a data set of ordinary files can lie in a folder called `.shards`.
        """
        folder, below = _split(str(self))
        index = read_index(folder) if folder else None
        found = index.places.get(below) if index else None
        if index is None or found is None:
            return None
        name, extent = found
        return Place(folder, name, index.versions[name], extent,
                     read_bucket(folder) if index.elsewhere else None)

    def open(self, mode: str = "r", *args: Any, **more: Any) -> IO[Any]:  # type: ignore[override] # noqa: ANN401 - as Path.open
        """Open the file; in a shard only for reading bytes.

        Raises:
            SourceError: the shard has changed since it was read, or its bucket does not answer.
        """
        place = self.place()
        if place is None:
            return super().open(mode, *args, **more)
        if mode != "rb":
            raise io.UnsupportedOperation(f"{self} lies in a shard; open it with 'rb'")
        part = _Part(_opened(place), place.extent)
        # From a bucket also what is large: a request for every few bytes would take longer.
        return io.BytesIO(part.whole()) if place.bucket or place.extent.size <= _AT_ONCE else \
            io.BufferedReader(part)

    def read_bytes(self) -> bytes:
        """Return the content."""
        with self.open("rb") as file:
            return bytes(file.read())

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return the size of the file, and what else there is to know of its shard.

        Raises:
            FileNotFoundError: there is no such file.
        """
        place = self.place()
        if place is None:
            return super().stat(follow_symlinks=follow_symlinks)
        times = ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")
        if place.bucket:  # which is not asked: the time of the index changes with the content
            return os.stat_result((stat.S_IFREG | 0o444, 0, 0, 1, 0, 0, place.extent.size, 0, 0, 0),
                                  dict.fromkeys(times, place.version[1]))
        whole = os.stat(place.shard)  # noqa: PTH116 - for every photo
        return os.stat_result(
            (stat.S_IFREG | 0o444, *whole[1:6], place.extent.size, *whole[7:10]),
            {name: getattr(whole, name) for name in times})

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Return whether there is such a file."""
        return self._kind() != 0

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Return whether it is a file, in a shard or elsewhere."""
        return stat.S_ISREG(self._kind())

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Return whether it is a folder."""
        return stat.S_ISDIR(self._kind())

    def _kind(self) -> int:
        try:
            return self.stat().st_mode
        except (OSError, ValueError):
            return 0


def _opened(place: Place) -> io.RawIOBase:
    """Open a shard, and refuse one that has changed."""
    if place.bucket:
        return place.bucket.open(place.name, Path(place.folder))
    file = open(place.shard, "rb", buffering=0)  # noqa: PTH123, SIM115 - closed by `_Part`
    entry = os.fstat(file.fileno())
    if (entry.st_size, entry.st_mtime_ns) != place.version:
        file.close()
        raise SourceError(f"The shard {place.shard} has changed since it was read; repeat "
                          f"`tag2mask run {place.folder} --out RUN`, or `tag2mask inspect "
                          f"{place.folder}`.")
    return file


class _Part(io.RawIOBase):
    """A part of a file, to be read like a file of its own."""

    def __init__(self, file: io.RawIOBase, extent: Extent) -> None:
        self._file, self._extent, self._position = file, extent, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = (0, self._position, self._extent.size)[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        left = max(0, self._extent.size - self._position)
        self._file.seek(self._extent.start + self._position)
        got = self._file.readinto(memoryview(buffer).cast("B")[:left]) or 0
        self._position += got
        return got

    def whole(self) -> bytes:
        with self._file:
            self._file.seek(self._extent.start)
            return self._file.read(self._extent.size) or b""

    def close(self) -> None:
        self._file.close()
        super().close()
