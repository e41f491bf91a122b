"""Read the members of shards once, and note which photo is where."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.data.data_files import data_file, shards_folder
from tag2mask.data.readers.shards.drafts import Draft, checked_name, is_mask, is_photo, take_text
from tag2mask.data.readers.shards.files import refuse_incomplete, shards_in
from tag2mask.data.readers.shards.members import Member, members_of
from tag2mask.data.shard_index import (
    FOLDER,
    Extent,
    ShardIndex,
    ShardPhoto,
    read_index,
    stamp,
    write_index,
)


def index_of(folder: Path) -> ShardIndex:
    """Return the index of the shards in a folder, which is made unless it is up to date.

    Raises:
        InputError: a shard is cut, damaged, missing or there twice, or the index cannot be
            written.
    """
    shards = shards_in(folder)
    refuse_incomplete(folder, shards)
    stamps = tuple(stamp(folder, shard) for shard in shards)
    known = read_index(folder)
    if known is not None and known.stamps == stamps:
        return known
    indexing = _Indexing(folder)
    for shard in shards:
        indexing.take(shard)
    made = indexing.done(stamps)
    write_index(folder, made)
    return made


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
class _Indexing:
    """The state of reading the shards."""

    folder: Path
    unread: set[str] = field(default_factory=set)
    drafts: dict[str, Draft] = field(default_factory=dict)

    def take(self, shard: Path) -> None:
        """Read a shard."""
        own: dict[str, Draft] = {}
        name = shard.relative_to(self.folder).as_posix()
        for member in members_of(shard):
            if not (member.kind in ("json", "cls") or is_photo(member.kind)
                    or is_mask(member.kind)):
                self.unread.add(member.kind or "without a suffix")
                continue
            if member.key not in own:
                own[member.key] = Draft(checked_name(member.key, member), name)
            if member.key not in self.drafts:
                _add(own[member.key], member)
        self._refuse_twice(shard, own.keys())
        self.drafts |= own

    def _refuse_twice(self, shard: Path, own: Collection[str]) -> None:
        both = sorted(set(own) & self.drafts.keys())
        if not both:
            return
        name = self.drafts[both[0]].shard
        other = self.folder / name
        if set(own) == {key for key, draft in self.drafts.items() if draft.shard == name}:
            raise InputError(f"The shard {shard} has the same keys as {other}; remove one of them.")
        raise InputError(f"The shards {other} and {shard} both have the key {both[0]}; remove or "
                         "rename it in one of them.")

    def done(self, stamps: tuple[str, ...]) -> ShardIndex:
        """Return the photos in the order of their names."""
        photos: dict[str, ShardPhoto] = {}
        for draft in self.drafts.values():
            photo = draft.done()
            other = photos.setdefault(photo.name, photo)
            if other is not photo:
                raise InputError(f"The shards {self.folder / other.shard} and "
                                 f"{self.folder / photo.shard} both have a photo named "
                                 f"{photo.name}; rename it in one of them.")
        return ShardIndex(stamps=stamps, photos=tuple(photos[name] for name in sorted(photos)),
                          unread=tuple(sorted(self.unread)))


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
