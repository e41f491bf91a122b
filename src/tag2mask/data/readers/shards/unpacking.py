"""Unpack shards once into a hidden folder beside them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.files import full_disk
from tag2mask.core.json_records import read_record, write_record
from tag2mask.data.readers.shards.files import FOLDER, refuse_incomplete, shards_in
from tag2mask.data.readers.shards.members import Member, members_of
from tag2mask.data.readers.shards.samples import Draft, Sample, is_mask, is_photo, take_text

_INDEX = "index.json"

_ABANDONED = 86_400
"""Seconds after which a temporary folder belongs to a process that was killed."""


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """The unpacked photos, in the order of their names."""

    stamps: tuple[str, ...]
    """Name, size, times and inode of every shard, from which a change is noticed."""
    samples: tuple[Sample, ...]
    unread: tuple[str, ...] = ()
    """Kinds of files that were not unpacked, such as "txt"."""


def unpack(folder: Path) -> Unpacked:
    """Unpack the shards in a folder into its folder `.unpacked`, unless it is up to date.

    The folder gets its name when it is complete. Its size is about that of the shards.

    Raises:
        InputError: a shard is cut, damaged, missing or there twice, or the folder cannot be
            written.
    """
    shards = shards_in(folder)
    refuse_incomplete(folder, shards)
    stamps = tuple(stamp(folder, shard) for shard in shards)
    if (known := current(folder, stamps)) is not None:
        return known
    with new_folder(folder) as temporary:
        writing = _Unpacking(folder, temporary)
        for shard in shards:
            writing.take(shard)
        made = writing.done(stamps)
        write_index(temporary, made)
    return made


def current(folder: Path, stamps: tuple[str, ...]) -> Unpacked | None:
    """Return the index of the unpacked files; None if there are none, or of other stamps."""
    file = folder / FOLDER / _INDEX
    known = read_record(file, Unpacked, fix=f"delete {file.parent}")
    return known if known is not None and known.stamps == stamps else None


def write_index(unpacked: Path, index: Unpacked) -> None:
    """Write the index of unpacked files into their folder."""
    write_record(unpacked / _INDEX, index)


def photos_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the names of the photos in the shards of a folder, with suffixes, and their files.

    Raises:
        InputError: as for `unpack`.
    """
    for one in unpack(folder).samples:
        if one.photo:
            yield one.photo.partition("/")[2], folder / FOLDER / one.photo


@dataclass
class _Unpacking:
    """The state of unpacking."""

    folder: Path
    out: Path
    unread: set[str] = field(default_factory=set)
    drafts: dict[str, Draft] = field(default_factory=dict)

    def take(self, shard: Path) -> None:
        """Unpack a shard."""
        own: dict[str, Draft] = {}
        name = shard.relative_to(self.folder).as_posix()
        for member in members_of(shard):
            if not (member.kind in ("json", "cls") or is_photo(member.kind)
                    or is_mask(member.kind)):
                self.unread.add(member.kind or "without a suffix")
                continue
            draft = own.setdefault(member.key, Draft(member.key, name))
            if member.key not in self.drafts:
                self._add(draft, member)
        self._refuse_twice(shard, own.keys())
        self.drafts |= own

    def _add(self, draft: Draft, member: Member) -> None:
        if member.kind in draft.kinds:
            raise InputError(f"{member} is in the shard twice; pack it again.")
        draft.kinds.add(member.kind)
        if member.kind in ("json", "cls"):
            take_text(draft, member)
        elif is_mask(member.kind):
            draft.mask = self._stored(member, "masks", draft.mask)
        else:
            draft.photo = self._stored(member, "images", draft.photo)

    def _stored(self, member: Member, top: str, before: str) -> str:
        if before:
            raise InputError(f"{member} is the second picture of its kind for {member.key}, beside "
                             f"{Path(before).name}; name a mask {member.key}.mask.png.")
        below = f"{top}/{member.key}.{member.kind.rpartition('.')[2]}"
        member.copy_to(self.out / below)
        return below

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

    def done(self, stamps: tuple[str, ...]) -> Unpacked:
        """Give photos their names, and return them."""
        samples: dict[str, Sample] = {}
        for draft in self.drafts.values():
            if draft.name and draft.name != draft.key:
                draft.photo = self._renamed(draft.photo, draft.name)
                draft.mask = self._renamed(draft.mask, draft.name)
            sample = draft.done()
            other = samples.setdefault(sample.name, sample)
            if other is not sample:
                raise InputError(f"The shards {self.folder / other.shard} and "
                                 f"{self.folder / sample.shard} both have a photo named "
                                 f"{sample.name}; rename it in one of them.")
        return Unpacked(stamps=stamps, samples=tuple(samples[name] for name in sorted(samples)),
                        unread=tuple(sorted(self.unread)))

    def _renamed(self, below: str, name: str) -> str:
        if not below:
            return ""
        new = f"{below.partition('/')[0]}/{name}{Path(below).suffix}"
        if (self.out / new).exists():
            raise InputError(f"The shards in {self.folder} have two photos named {name}; rename "
                             "one of them.")
        (self.out / new).parent.mkdir(parents=True, exist_ok=True)
        (self.out / below).rename(self.out / new)
        return new


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


def stamp(folder: Path, shard: Path) -> str:
    """Return the name of a shard, its size, times and inode, from which a change is noticed."""
    entry = shard.stat()
    return " ".join(map(str, (shard.relative_to(folder).as_posix(), entry.st_size,
                              entry.st_mtime_ns, entry.st_ctime_ns, entry.st_ino)))
