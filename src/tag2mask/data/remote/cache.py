"""The copies of data sets from elsewhere, each downloaded once into a folder of the cache.

The folder is `$TAG2MASK_CACHE`, else `tag2mask` in the user's cache. A file has its name when it is
complete, so that an interrupted download continues; the record of the folder says whether all are.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from tag2mask.core.cache_folder import CACHE, cache_folder
from tag2mask.core.contracts import InputError
from tag2mask.core.data_address import address_of
from tag2mask.core.files import write_text
from tag2mask.core.json_records import read_record, write_record
from tag2mask.core.progress import Progress
from tag2mask.data.bucket_shards import read_bucket, write_bucket
from tag2mask.data.readers.reading_choices import FILE, Choices
from tag2mask.data.remote.address import Address, parse_address
from tag2mask.data.remote.attempts import patiently
from tag2mask.data.remote.copying import copy_all
from tag2mask.data.remote.source import Listing, RemoteFile, Source
from tag2mask.data.remote.staying import staying

_RECORD = ".tag2mask.json"
_RESERVE = 64 * 2**20
"""Bytes that stay free."""


@dataclass(frozen=True, kw_only=True)
class _Download:
    """The record of a copy."""

    address: str
    revision: str = ""
    date: str = ""
    complete: bool = False
    files: tuple[RemoteFile, ...] = ()


@dataclass(frozen=True)
class Copy:
    """A data set of this machine, and a sentence on its origin; "" if it was always here."""

    folder: Path
    notice: str = ""


def local_folder(data: str | Path, progress: Progress | None = None) -> Path:
    """Return a data set's folder on this machine; see `local_copy`."""
    return local_copy(data, progress).folder


def local_copy(data: str | Path, progress: Progress | None = None) -> Copy:
    """Return the folder of a data set, after downloading it if it is elsewhere.

    A complete copy is used without network access.

    Args:
        data: a path, which is returned as it is, or an address.
        progress: reports the download.

    Raises:
        InputError: the address is wrong, its server does not answer or refuses, or the disk has no
            room.
    """
    text = address_of(data)
    if text is None:
        return Copy(Path(data))
    if text.startswith("file://"):
        return Copy(Path(text.removeprefix("file://")))
    address = parse_address(text)
    folder = _folder(text, address)
    known = read_record(folder / _RECORD, _Download, fix=f"delete {folder}")
    if known is None or not known.complete:
        known = _downloaded(address, folder, known, progress or Progress())
    revision = f" (revision {known.revision[:12]})" if known.revision else ""
    if bucket := read_bucket(folder):
        return Copy(folder, f"The shards of {address.shown} stay there, as of {known.date}: at "
                            f"most {bucket.limit / 1e6:,.1f} MB of their {bucket.size / 1e6:,.1f} "
                            f"MB are kept in {folder}; delete that folder to read them anew.")
    return Copy(folder, f"{address.shown}{revision} was downloaded on {known.date} into {folder}; "
                        "delete that folder to download it again.")


def _downloaded(
    address: Address, folder: Path, before: _Download | None, progress: Progress
) -> _Download:
    """Copy what is missing of a data set, and write the record of its folder."""
    source = _source(address)
    listing = patiently(source.listing, what=address.shown)
    if not listing.files:
        raise InputError(f"{address.shown} has no files; check the address.")
    old = {file.name: file for file in before.files} if before else {}
    same = {file.name for file in listing.files if file == old.get(file.name)}
    for name in {*old, *(file.name for file in listing.files)} - same:
        (folder / name).unlink(missing_ok=True)  # of another state
    missing = [file for file in listing.files if not _is_complete(folder / file.name, file)]
    bucket = staying(source, listing.files, address=address.shown, needed=_size(missing),
                     free=_free(folder))
    write_bucket(folder, bucket)
    if bucket:
        for shard in bucket.shards:
            (folder / shard.name).unlink(missing_ok=True)
        missing = [file for file in missing if file.name not in bucket.by_name]
    _refuse_full_disk(address, folder, missing)
    record = _Download(address=address.shown, revision=listing.revision, files=listing.files,
                       date=datetime.now(timezone.utc).strftime("%Y-%m-%d"))
    write_record(folder / _RECORD, record)
    _write_choices(address, folder, listing)
    if bucket:
        progress.say(f"Reading {len(bucket.shards):,} shards ({bucket.size / 1e6:,.1f} MB) of "
                     f"{address.shown} where they are")
    progress.say(f"Downloading {len(missing):,} files{_megabytes(missing)} from {address.shown} "
                 f"into {folder}")
    copy_all(source, missing, folder, what=address.shown, progress=progress)
    record = replace(record, complete=True)
    write_record(folder / _RECORD, record)
    return record


def _source(address: Address) -> Source:
    if address.on_hub:
        from tag2mask.data.remote.hub_datasets import HubDataset

        return HubDataset(address)
    from tag2mask.data.remote.buckets import Bucket

    return Bucket(address)


def _write_choices(address: Address, folder: Path, listing: Listing) -> None:
    chosen = Choices(config=listing.config, **address.columns)
    if chosen != Choices():
        write_text(folder / FILE, chosen.to_json())


def _is_complete(path: Path, file: RemoteFile) -> bool:
    return path.is_file() and (file.size is None or path.stat().st_size == file.size)


def _folder(text: str, address: Address) -> Path:
    """Return the folder of a copy: readable, and another one for every address."""
    words = re.sub(r"[^\w.-]+", "-", address.shown, flags=re.ASCII).strip("-.")[-60:]
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return cache_folder() / "data" / f"{words}-{digest}"


def _refuse_full_disk(address: Address, folder: Path, files: list[RemoteFile]) -> None:
    needed, free = _size(files), _free(folder)
    if needed > free:
        raise InputError(f"{address.shown} needs {needed / 1e6:,.0f} MB, but {folder} has only "
                         f"{max(0, free) / 1e6:,.0f} MB free; free some space, or name another "
                         f"folder in {CACHE}.")


def _free(folder: Path) -> int:
    """Return the free space for a folder in bytes; below 0 if the reserve is used up."""
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    return shutil.disk_usage(there).free - _RESERVE


def _size(files: Sequence[RemoteFile]) -> int:
    return sum(file.size or 0 for file in files)


def _megabytes(files: Sequence[RemoteFile]) -> str:
    known = _size(files)
    return f" ({known / 1e6:,.1f} MB)" if known else ""
