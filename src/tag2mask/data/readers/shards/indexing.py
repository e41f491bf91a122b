"""Read the members of shards once, and note which photo is where."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.data.bucket_shards import read_bucket
from tag2mask.data.data_files import data_file, shards_folder
from tag2mask.data.readers.shards.drafts import Draft, checked_name, is_mask, is_photo, take_text
from tag2mask.data.readers.shards.files import refuse_incomplete, shards_in
from tag2mask.data.readers.shards.members import Member, members_of
from tag2mask.data.readers.shards.places import Shard
from tag2mask.data.shard_index import (
    FOLDER,
    Extent,
    ShardIndex,
    ShardPhoto,
    read_index,
    write_index,
)

_AT_ONCE = 8
"""Number of shards in a bucket that are read at once."""


def index_of(folder: Path) -> ShardIndex:
    """Return the index of the shards in a folder, which is made unless it is up to date.

    Raises:
        InputError: a shard is cut, damaged, missing or there twice, or the index cannot be
            written.
        SourceError: a bucket does not answer, or a shard in it has changed.
    """
    shards = shards_in(folder)
    refuse_incomplete(folder, shards)
    stamps = tuple(shard.stamp for shard in shards)
    known = read_index(folder)
    if known is not None and known.stamps == stamps:
        return known
    elsewhere = read_bucket(folder) is not None
    indexing = _Indexing()
    for shard, read in zip(shards, _in_threads(shards) if elsewhere else map(_read, shards),
                           strict=True):
        indexing.take(shard, read)
    made = indexing.done(stamps, elsewhere=elsewhere)
    write_index(folder, made)
    return made


def _in_threads(shards: Sequence[Shard]) -> list[_Read]:
    """Read shards in a bucket, several at once."""
    stop = threading.Event()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            return list(pool.map(partial(_read, stop=stop), shards))
        finally:  # after an error or an interruption, nothing further is read
            stop.set()


def restore_indexes(photos: Iterable[Path]) -> None:
    """Make the indexes of the shards in which photos are where these were deleted.

    Raises:
        InputError: as for `index_of`.
    """
    for name in {shards_folder(path) for path in photos} - {""}:
        if read_index(name) is None and shards_in(Path(name)):
            index_of(Path(name))


def photos_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the names of the photos in the shards of a folder, with suffixes, and their paths.

    Raises:
        InputError: as for `index_of`.
    """
    for one in index_of(folder).photos:
        path = one.photo_path
        if path:
            yield PurePosixPath(path).relative_to("images").as_posix(), \
                data_file(folder / FOLDER / path)


@dataclass
class _Read:
    """What is in one shard."""

    drafts: dict[str, Draft] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)


def _read(shard: Shard, *, stop: threading.Event | None = None) -> _Read:
    """Read a shard, unless and until `stop` is set."""
    found = _Read()
    if stop and stop.is_set():
        return found
    for member in members_of(shard):
        if stop and stop.is_set():
            break
        if not (member.kind in ("json", "cls") or is_photo(member.kind) or is_mask(member.kind)):
            found.unread.add(member.kind or "without a suffix")
            continue
        if member.key not in found.drafts:
            found.drafts[member.key] = Draft(checked_name(member.key, member), shard.name)
        _add(found.drafts[member.key], member)
    return found


@dataclass
class _Indexing:
    """The state of reading the shards."""

    unread: set[str] = field(default_factory=set)
    drafts: dict[str, Draft] = field(default_factory=dict)
    shards: dict[str, Shard] = field(default_factory=dict)

    def take(self, shard: Shard, read: _Read) -> None:
        """Add what is in a shard."""
        self.shards[shard.name] = shard
        self._refuse_twice(shard, read.drafts.keys())
        self.drafts |= read.drafts
        self.unread |= read.unread

    def _refuse_twice(self, shard: Shard, own: Collection[str]) -> None:
        both = sorted(set(own) & self.drafts.keys())
        if not both:
            return
        name = self.drafts[both[0]].shard
        other = self.shards[name]
        if set(own) == {key for key, draft in self.drafts.items() if draft.shard == name}:
            raise InputError(f"The shard {shard} has the same keys as {other}; remove one of them.")
        raise InputError(f"The shards {other} and {shard} both have the key {both[0]}; remove or "
                         "rename it in one of them.")

    def done(self, stamps: tuple[str, ...], *, elsewhere: bool) -> ShardIndex:
        """Return the photos in the order of their names."""
        photos: dict[str, ShardPhoto] = {}
        for draft in self.drafts.values():
            photo = draft.done()
            other = photos.setdefault(photo.name, photo)
            if other is not photo:
                raise InputError(f"The shards {self.shards[other.shard]} and "
                                 f"{self.shards[photo.shard]} both have a photo named "
                                 f"{photo.name}; rename it in one of them.")
        return ShardIndex(stamps=stamps, photos=tuple(photos[name] for name in sorted(photos)),
                          unread=tuple(sorted(self.unread)), elsewhere=elsewhere)


def _add(draft: Draft, member: Member) -> None:
    if member.kind in draft.kinds:
        raise InputError(f"{member} is in the shard twice; pack it again.")
    draft.kinds.add(member.kind)
    if member.kind in ("json", "cls"):
        take_text(draft, member)
    elif is_mask(member.kind):
        draft.mask = _placed(member, draft.mask)
    else:
        draft.photo = _placed(member, draft.photo)


def _placed(member: Member, before: Extent | None) -> Extent:
    if before:
        raise InputError(f"{member} is the second picture of its kind for {member.key}, beside "
                         f"{Path(before.member).name}; name a mask {member.key}.mask.png.")
    return Extent(member=member.path.as_posix(), start=member.start, size=member.size)
