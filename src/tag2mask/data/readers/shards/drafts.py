"""Group the files in shards into photos with tags and a mask."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import why_no_file_name
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.huggingface import TAGS, labels_in
from tag2mask.data.readers.names import path_below_root
from tag2mask.data.readers.shards.members import Member
from tag2mask.data.shard_index import FOLDER, Extent, ShardPhoto

_MASK = re.compile(r"(?:mask|seg|segmentation|annotation)\.(?:png|tiff?|bmp)", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)


@dataclass
class Draft:
    """A photo of which not all files have been read."""

    key: str
    shard: str
    kinds: set[str] = field(default_factory=set)
    name: str = ""
    photo: Extent | None = None
    mask: Extent | None = None
    tags: frozenset[str] | None = None
    label: str | None = None
    split: str | None = None

    def done(self) -> ShardPhoto:
        """Return the result; tags of a `.json` take precedence over a `.cls`."""
        number = None
        if self.tags is None and self.label is not None:
            number = int(self.label) if _NUMBER.fullmatch(self.label) else None
            self.tags = frozenset() if number is not None else frozenset({self.label})
        return ShardPhoto(
            name=self.name or self.key, shard=self.shard, photo=self.photo, mask=self.mask,
            tags=None if self.tags is None else tuple(sorted(self.tags)),
            number=number, split=self.split)


def is_photo(kind: str) -> bool:
    """Return whether files of this kind are photos."""
    return f".{kind}" in SUFFIXES


def is_mask(kind: str) -> bool:
    """Return whether files of this kind are masks."""
    return _MASK.fullmatch(kind) is not None


def take_text(draft: Draft, member: Member) -> None:
    """Add the content of a `.json` or a `.cls` to a photo.

    Raises:
        InputError: it cannot be read, or the name in it leads out of the folder.
    """
    if member.kind == "cls":
        draft.label = member.text().strip()
        return
    try:
        content = json.loads(member.text())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{member} is no JSON ({error}); pack it again.") from error
    if not isinstance(content, dict):
        raise InputError(f"{member} is no JSON object; write one with tags.")
    keys: Mapping[str, str] = {key.strip().lower(): key for key in content}
    tags = next((keys[name] for name in TAGS if name in keys), None)
    if tags is not None:
        draft.tags = labels_in(content[tags], str(member))
    if content.get(keys.get("split", "")):
        draft.split = str(content[keys["split"]])
    if isinstance(content.get("tag2mask_name"), str):
        draft.name = checked_name(content["tag2mask_name"], member)


def checked_name(name: str, member: Member) -> str:
    """Return the name of a photo, without "./" and "//".

    Raises:
        InputError: it leads out of the folder or into the index, or is too long.
    """
    path_below_root(name, where=str(member))
    why = why_no_file_name(name)
    if FOLDER in PurePosixPath(name).parts:
        why = f"holds {FOLDER}, the name of the folder of the index"
    if why:
        raise InputError(f"{member}: the name {name!r} {why}; pack it again.")
    return PurePosixPath(name).as_posix()
