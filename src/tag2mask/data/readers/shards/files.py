"""Find the shards in a folder, and check them against their list."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.bucket_shards import read_bucket
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.shards.places import Shard, ShardInBucket, ShardOnDisk

LIST = "shards.json"
"""The list of all shards, in the format of `wids`: names, numbers of photos, and sizes."""

BESIDE = ("annotations", "masks")
"""Folders with pictures that may be beside shards."""

SPLITS = ("train", "val", "valid", "validation", "test")
"""Folders in which shards may be."""


def fits(folder: Path) -> bool:
    """Return whether a folder contains shards and no photos of its own."""
    return bool(shards_in(folder)) and not has_photos(folder)


def shards_in(folder: Path) -> list[Shard]:
    """Return the tar files in a folder and in its folders named after splits, sorted.

    If the folder is that of a data set whose shards stay in a bucket, those are returned.
    """
    if bucket := read_bucket(folder):
        return [ShardInBucket(shard, bucket, folder) for shard in bucket.shards]
    tops = [folder, *(folder / name for name in SPLITS if (folder / name).is_dir())]
    return [ShardOnDisk(path, folder) for top in tops for path in sorted(top.glob("*.tar"))
            if path.is_file() and not path.name.startswith(".")]


def refuse_incomplete(folder: Path, shards: Sequence[Shard]) -> None:
    """Compare shards with their list, if there is one.

    Raises:
        InputError: a shard is missing, cut, or not in the list.
    """
    file = folder / LIST
    if not file.is_file():
        return
    listed = _listed(file)
    there = {shard.name: shard for shard in shards}
    for name, size in listed.items():
        if name not in there:
            raise InputError(f"{folder} lacks the shard {name}, which is in {LIST}; copy it there.")
        own = there[name].size
        if own != size:
            raise InputError(f"The shard {there[name]} has {own:,} bytes, but {size:,} according "
                             f"to {LIST}; copy it again.")
    others = sorted(there.keys() - listed.keys())
    if others:
        raise InputError(f"The shard {there[others[0]]} is not in {LIST} beside it; remove one of "
                         "them.")


def _listed(file: Path) -> dict[str, int]:
    """Read the names and sizes of all shards."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {str(one["url"]): int(one["filesize"]) for one in content["shardlist"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{file} is no list of shards ({type(error).__name__}: {error}); remove "
                         "it.") from error


def write_list(folder: Path, photos: Mapping[str, int]) -> None:
    """Write the list of shards, given the number of photos of each."""
    rows = [{"url": name, "nsamples": count, "filesize": (folder / name).stat().st_size}
            for name, count in photos.items()]
    text = json.dumps({"wids_version": 1, "shardlist": rows}, indent=1)
    (folder / LIST).write_text(text + "\n", encoding="utf-8")


def has_photos(folder: Path) -> bool:
    """Return whether there are visible photos in a folder or below it, except beside shards."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".")
                            and not (Path(place) == folder and name in BESIDE))
        if any(not name.startswith(".") and name.lower().endswith(SUFFIXES) for name in files):
            return True
    return False
