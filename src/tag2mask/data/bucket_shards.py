"""The shards of a data set that stay in a bucket: which, and how much of them is kept here.

The record is in the user's cache and never beside the shards, where it could have come with a data
set of someone else: only an address that the user gave may lead to a server.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from tag2mask.core.cache_folder import cache_size
from tag2mask.core.contracts import SourceError
from tag2mask.core.json_records import read_record, write_record
from tag2mask.data.kept_blocks import KeptBlocks
from tag2mask.data.shard_index import FOLDER, cached_file

_FILE = "bucket.json"


@dataclass(frozen=True, kw_only=True)
class BucketShard:
    """A shard in a bucket."""

    name: str
    """Its path below the folder of all shards."""
    url: str
    size: int
    """In bytes."""
    version: str
    """Changes with the content; "" if the storage does not say."""

    @property
    def stamp(self) -> str:
        """Its name and what changes with it, in the form of `tag2mask.data.shard_index.stamp`."""
        number = int(hashlib.sha256(self.version.encode()).hexdigest()[:12], 16)
        return f"{self.name} {self.size} {number} 0 0"


@dataclass(frozen=True, kw_only=True)
class BucketShards:
    """All shards of a data set."""

    address: str
    """Of the data set, as the user gave it."""
    kept: int
    """Number of bytes to keep on this machine, unless the user sets another."""
    shards: tuple[BucketShard, ...]

    @property
    def size(self) -> int:
        """Number of bytes of all shards."""
        return sum(shard.size for shard in self.shards)

    @property
    def limit(self) -> int:
        """Number of bytes that are kept at most."""
        limit = cache_size()
        return self.kept if limit is None else limit

    @cached_property
    def by_name(self) -> dict[str, tuple[BucketShard, int]]:
        """Each shard, and the number of bytes from its start that are kept."""
        left, found = self.limit, {}
        for shard in self.shards:
            found[shard.name] = (shard, min(left, shard.size))
            left -= found[shard.name][1]
        return found

    def open(self, name: str, folder: Path) -> KeptBlocks:
        """Open a shard.

        Args:
            name: of the shard.
            folder: the folder of all shards on this machine, where parts are kept.
        """
        shard, kept = self.by_name[name]
        digest = hashlib.sha256(shard.stamp.encode()).hexdigest()[:16]
        return KeptBlocks(shard.url, shard.size, kept=kept, folder=folder / FOLDER / digest,
                          check=lambda: self._refuse_changed(shard, folder))

    def _refuse_changed(self, shard: BucketShard, folder: Path) -> None:
        from tag2mask.data.remote.ranges import state_of

        size, version = state_of(shard.url)
        if size not in (None, shard.size) or version != shard.version:
            raise SourceError(f"The shard {shard.url} has changed since it was read; delete "
                              f"{folder} and repeat `tag2mask run {self.address} --out RUN`.")


def read_bucket(folder: str | Path) -> BucketShards | None:
    """Read which shards of a folder are in a bucket; None for shards of this machine.

    Raises:
        InputError: the record is damaged.
    """
    file = cached_file(folder, _FILE)
    try:
        entry = file.stat()
    except OSError:
        return None
    return _read(file, entry.st_mtime_ns, entry.st_size, entry.st_ino)


@lru_cache(maxsize=4)
def _read(file: Path, *stamp: int) -> BucketShards | None:
    """Read a record once as long as its file is the same; `stamp` identifies it."""
    return read_record(file, BucketShards)


def shard_in_messages(folder: Path, name: str) -> str:
    """Return how messages name a shard: its path, or its address in a bucket."""
    bucket = read_bucket(folder)
    return bucket.by_name[name][0].url if bucket else str(folder / name)


def write_bucket(folder: Path, bucket: BucketShards | None) -> None:
    """Write which shards of a folder are in a bucket; None removes the record."""
    file = cached_file(folder, _FILE)
    if bucket is None:
        file.unlink(missing_ok=True)
    else:
        write_record(file, bucket)
