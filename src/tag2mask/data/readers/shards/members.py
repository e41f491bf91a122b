"""Read the members of a tar file, and refuse what is damaged or could write elsewhere."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.names import is_hidden, path_below_root
from tag2mask.data.readers.shards.places import Shard

_PIECE = 2**20
MOST_TEXT = 16 * 2**20
"""Maximum size of a member that is read as text, in bytes."""


@dataclass(frozen=True)
class Member:
    """A file in a shard."""

    shard: Shard
    path: PurePosixPath
    start: int
    """Its first byte in the shard."""
    size: int
    file: IO[bytes]

    @property
    def key(self) -> str:
        """The path up to the first dot of the file's name, which all files of a photo share."""
        return self.path.with_name(self.path.name.partition(".")[0]).as_posix()

    @property
    def kind(self) -> str:
        """The file's name after its first dot in lower case, such as "jpg" or "mask.png"."""
        return self.path.name.partition(".")[2].lower()

    def text(self) -> str:
        """Return the content as text.

        Raises:
            InputError: it is too large or not UTF-8, or the shard is cut.
        """
        if self.size > MOST_TEXT:
            raise InputError(f"{self} has {self.size:,} bytes, too many for tags; pack it again.")
        with _reported(self.shard):
            content = self.file.read()
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{self} is not in UTF-8; pack it again in that encoding.") from error

    def __str__(self) -> str:
        """Return the shard and the path, for messages."""
        return f"{self.shard}, member {self.path}"


def members_of(shard: Shard) -> Iterator[Member]:
    """Yield the files in a shard, in their order; each is valid until the next.

    Raises:
        InputError: the shard is cut or damaged, or has a link or a path that leads out.
    """
    with _reported(shard), shard.open() as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        with _opened(shard, file) as archive:
            while (entry := _next(shard, archive)) is not None:
                archive.members.clear()  # type: ignore[attr-defined] # it keeps all of them
                if not entry.isdir() and (
                        member := _member(shard, length, archive, entry)) is not None:
                    yield member
            end = archive.offset
        _refuse_no_end(shard, file, end)


def _opened(shard: Shard, file: IO[bytes]) -> tarfile.TarFile:
    with _sizes_checked(shard):
        return tarfile.open(fileobj=file, mode="r:")


def _next(shard: Shard, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    with _sizes_checked(shard):
        return archive.next()


@contextmanager
def _sizes_checked(shard: Shard) -> Iterator[None]:
    """Report a header before a member, as of a long name, whose size is below 0 or too large."""
    try:
        yield
    except (ValueError, OverflowError, MemoryError) as error:
        raise InputError(f"The shard {shard} is damaged: a header has a size that cannot be; copy "
                         "or pack it again.") from error


def _member(
    shard: Shard, length: int, archive: tarfile.TarFile, entry: tarfile.TarInfo
) -> Member | None:
    """Return a member; None if it is hidden."""
    path = path_below_root(entry.name, where=str(shard))
    if entry.size < 0 or (entry.isreg() and entry.size > length - entry.offset_data):
        # Below 0, the next one would be before it, without an end.
        raise InputError(f"The shard {shard} is cut or damaged: it cannot hold the {entry.size:,} "
                         f"bytes of {path}; copy or pack it again.")
    if any(map(is_hidden, path.parts)):
        return None
    if not entry.isreg() or entry.issparse():
        raise InputError(f"{shard} holds {path}, which is a link or a special file; pack ordinary "
                         "files only.")
    file = archive.extractfile(entry)
    assert file is not None, "only links have no content"
    return Member(shard, path, entry.offset_data, entry.size, file)


def _refuse_no_end(shard: Shard, file: IO[bytes], end: int) -> None:
    """Refuse a shard whose members do not end with the mark of an end, followed by nothing.

    `tarfile` takes a damaged member after the first for the end.
    """
    file.seek(end)
    rest = file.read(tarfile.BLOCKSIZE)
    if len(rest) < tarfile.BLOCKSIZE:
        raise InputError(f"The shard {shard} is cut: it has no end after {end:,} bytes; copy or "
                         "pack it again.")
    while rest:
        if rest.strip(b"\0"):
            raise InputError(f"The shard {shard} is damaged, or joined from several, after "
                             f"{end:,} bytes; copy or pack it again.")
        rest = file.read(_PIECE)


@contextmanager
def _reported(shard: Shard) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"The shard {shard} is cut, damaged or compressed ({why}); copy it "
                         "again, as an uncompressed .tar.") from error
