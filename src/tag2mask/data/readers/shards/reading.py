"""Build a data set from the index of shards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.core.wording import listing
from tag2mask.data.bucket_shards import shard_in_messages
from tag2mask.data.data_files import data_file
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.class_spellings import with_one_spelling
from tag2mask.data.readers.folder_names import in_order, split_of_folder
from tag2mask.data.readers.names import known_class, read_classes
from tag2mask.data.readers.shards.indexing import index_of
from tag2mask.data.readers.splits import parse_split
from tag2mask.data.shard_index import FOLDER, ShardIndex, ShardPhoto

_NUMBERED = re.compile(r"[\W_]*\d*(?:[\W_]+of[\W_]+\d+)?$")


def read(root: Path) -> Dataset:
    """Read which photos are in the shards of a folder; they stay there.

    Raises:
        InputError: a shard is damaged, missing or there twice, an unknown class or split, no photo
            with tags, or more than a tenth of the photos without.
    """
    index = index_of(root)
    listed = root / "classes.txt"
    declared = read_classes(listed) if listed.is_file() else None
    usable = [one for one in index.photos if one.photo and one.tags is not None]
    if not usable:
        raise InputError(_no_tags(root, index))
    shown = {name: shard_in_messages(root, name) for name in index.versions}
    found = [_found(root, one, declared, shown) for one in usable]
    places = {tag: shown[one.shard] for one, item in zip(usable, found, strict=True)
              for tag in sorted(item.tags)}
    if declared is not None:
        for tag, place in places.items():
            known_class(tag, declared, where=place)
    found, first, merged = with_one_spelling(found, places, source=str(root),
                                             declared=declared or ())
    return assemble(
        root, layout="shards", classes=declared or tuple(in_order(first)), found=found,
        problems=_problems(index.photos, shown), image_root=PurePosixPath(FOLDER, "images"),
        notices=(*_notices(index, declared), *merged),
    )


def _found(
    root: Path, photo: ShardPhoto, declared: Sequence[str] | None, shown: Mapping[str, str]
) -> Found:
    where = f"{shown[photo.shard]}, {photo.name}"
    tags = photo.tags or ()
    if photo.number is not None:
        if declared is not None and photo.number >= len(declared):
            raise InputError(f"{where} has the class number {photo.number}, but classes.txt names "
                             f"only {len(declared)}, counted from 0; fix one of them.")
        tags = (str(photo.number) if declared is None else declared[photo.number],)
    split = parse_split(photo.split, where=where) if photo.split \
        else _split_of(PurePosixPath(photo.shard))
    return Found(
        path=str(PurePosixPath(FOLDER, photo.photo_path or "")), tags=frozenset(tags), split=split,
        mask=data_file(root / FOLDER / photo.mask_path) if photo.mask_path else None)


def _split_of(shard: PurePosixPath) -> str | None:
    """Return the split in the name of a shard or of its folder, as in train-000012.tar."""
    names = [_NUMBERED.sub("", shard.stem), *shard.parts[:-1]]
    return next((split for name in names if (split := split_of_folder(name))), None)


def _problems(photos: Sequence[ShardPhoto], shown: Mapping[str, str]) -> list[Problem]:
    found = []
    for one in photos:
        if not one.photo:
            why = f"The shard {shown[one.shard]} has no photo for it, only other files."
        elif one.tags is None:
            why = f"The shard {shown[one.shard]} has no .json or .cls with its tags."
        else:
            continue
        found.append(Problem(photo=one.name, why=why, left_out=True))
    return found


def _notices(index: ShardIndex, declared: Sequence[str] | None) -> list[str]:
    numbers = {one.number for one in index.photos if one.number is not None}
    found = []
    if numbers and declared:
        shown = listing([f"{n} = {declared[n]}" for n in sorted(numbers) if n < len(declared)])
        found.append(f"Class numbers in .cls files are counted from 0: {shown}.")
    if not declared and any(one.mask for one in index.photos):
        found.append("There is no classes.txt beside the shards, so the labels in the masks follow "
                     "the order of the class names.")
    return found


def _no_tags(root: Path, index: ShardIndex) -> str:
    kinds = f"; files of the kinds {listing(index.unread)} are not read" if index.unread \
        else ""
    return (f"The shards in {root} have no photo with tags, as in 001.jpg and 001.json with "
            f'{{"tags": ["cat"]}}{kinds}; pack them so, or, if they are archives of a data set, '
            "unpack them and give its folder.")
