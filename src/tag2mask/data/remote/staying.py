"""Decide which data sets of shards are read where they are, in place of a download.

A download takes one request for a shard, so it is the rule. Shards stay in their bucket if they
need more space than the user allows or than there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

from tag2mask.core.cache_folder import cache_size
from tag2mask.data.bucket_shards import BucketShard, BucketShards
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.shards.files import BESIDE, SPLITS
from tag2mask.data.remote.ranges import state_of
from tag2mask.data.remote.source import RemoteFile, Source


def staying(
    source: Source, files: Sequence[RemoteFile], *, address: str, needed: int, free: int
) -> BucketShards | None:
    """Return the shards of a data set that are read where they are; None for a download of all.

    Args:
        source: the data set.
        files: its files.
        address: as the user gave it.
        needed: number of bytes that a download would need.
        free: number of bytes that the disk has for it.

    Raises:
        InputError: the user's limit is no size.
        SourceError: the storage does not answer.
    """
    limit = cache_size()
    shards = [file for file in files if is_shard(file.name)]
    allowed = limit is None or sum(file.size or 0 for file in shards) <= limit
    if (allowed and needed <= free) or not _can_stay(source, files, shards):
        return None
    with ThreadPoolExecutor(source.at_once) as pool:
        entries = tuple(pool.map(lambda file: _entry(file, source.url(file.name)), shards))
    # Half of the disk's space is left for the run.
    kept = max(0, free) // 2 if limit is None else limit
    return BucketShards(address=address, kept=kept, shards=entries)


def is_shard(name: str) -> bool:
    """Return whether a file of a data set is where shards are looked for."""
    path = PurePosixPath(name)
    return path.suffix == ".tar" and (len(path.parts) == 1 or (
        len(path.parts) == 2 and path.parts[0] in SPLITS))


def _can_stay(
    source: Source, files: Sequence[RemoteFile], shards: Sequence[RemoteFile]
) -> bool:
    """Return whether the data set is one of shards, all of which can be read by parts."""
    photos = any(file.name.lower().endswith(SUFFIXES) for file in files
                 if PurePosixPath(file.name).parts[0] not in BESIDE)
    return bool(shards) and not photos and all(
        file.size is not None and source.url(file.name) for file in shards)


def _entry(file: RemoteFile, url: str) -> BucketShard:
    """Ask for the version again: a list may state it in another form than a single answer."""
    size, version = state_of(url)
    return BucketShard(name=file.name, url=url, version=version,
                       size=(file.size or 0) if size is None else size)
