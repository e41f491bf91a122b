"""Shards on this machine and in buckets, to be read in the same way."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from tag2mask.core.files import refuse_special
from tag2mask.data import kept_blocks
from tag2mask.data.bucket_shards import BucketShard, BucketShards
from tag2mask.data.shard_index import stamp


class Shard(Protocol):
    """A tar file, which messages name as `str` does."""

    @property
    def name(self) -> str:
        """Its path below the folder of all shards."""
        ...

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    @property
    def stamp(self) -> str:
        """As of `tag2mask.data.shard_index.stamp`."""
        ...

    def open(self) -> IO[bytes]:
        """Open it.

        Raises:
            InputError: it is a pipe or a device.
        """
        ...


@dataclass(frozen=True)
class ShardOnDisk:
    """A shard in a folder of this machine."""

    path: Path
    folder: Path

    @property
    def name(self) -> str:
        """Its path below the folder."""
        return self.path.relative_to(self.folder).as_posix()

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size

    @property
    def stamp(self) -> str:
        """Its name, size, times and inode."""
        return stamp(self.folder, self.path)

    def open(self) -> IO[bytes]:
        """Open the file."""
        refuse_special(self.path)
        return self.path.open("rb")

    def __str__(self) -> str:
        """Return the path."""
        return str(self.path)


@dataclass(frozen=True)
class ShardInBucket:
    """A shard in a bucket; parts of it are kept in a folder of this machine."""

    entry: BucketShard
    bucket: BucketShards
    folder: Path

    @property
    def name(self) -> str:
        """Its path below the folder."""
        return self.entry.name

    @property
    def size(self) -> int:
        """In bytes."""
        return self.entry.size

    @property
    def stamp(self) -> str:
        """Its name, size and version."""
        return self.entry.stamp

    def open(self) -> IO[bytes]:
        """Open it; what is skipped by more than a block is not fetched."""
        return io.BufferedReader(self.bucket.open(self.name, self.folder), kept_blocks.BLOCK)

    def __str__(self) -> str:
        """Return the address."""
        return self.entry.url
