"""Determine the splits: as the user specified, or else drawn by class and a hash of file names."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import PurePosixPath
from typing import Generic

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.names import without_extension
from tag2mask.data.readers.stratified import FEW, Name, Share, draw

HELD_OUT = 0.15
"""Share of the photos without a split that is held out for validation."""

SYNONYMS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""Common names of the splits, in lower case."""


def parse_split(text: str, *, where: str) -> str:
    """Return the split that `text` denotes.

    Args:
        text: as written; case and surrounding spaces are ignored.
        where: file and row, for the error message.

    Raises:
        InputError: unknown; the message suggests the nearest valid value.
    """
    word = text.strip().lower()
    if word in SYNONYMS:
        return SYNONYMS[word]
    near = get_close_matches(word, SYNONYMS, n=1, cutoff=0.4)
    hint = f"did you mean {SYNONYMS[near[0]]!r}? A" if near else "a"
    raise InputError(
        f"{where} has the unknown split {text.strip()!r}; {hint} split is train, val or test, or "
        f"empty."
    )


def hashed_split(relative: PurePosixPath | str) -> str:
    """Return "val" for a share `HELD_OUT` of all paths, "train" for the others.

    The split of a photo depends only on its own path below the root without suffix, so adding,
    removing or retagging other photos never changes it, nor does another machine. As a drawback, a
    class of few photos holds out 15 % only on average.
    """
    return _by_share(hashed_share(relative))


def _by_share(share: float) -> str:
    return "val" if share < HELD_OUT else "train"


def hashed_share(relative: PurePosixPath | str) -> float:
    """Return a number in [0, 1) that depends only on the path without its suffix."""
    # Use one Unicode form of accents: file systems differ in how they store them.
    name = unicodedata.normalize("NFC", without_extension(str(relative)))
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


@dataclass(frozen=True, kw_only=True)
class HeldOut(Generic[Name]):
    """The splits of a data set."""

    splits: Mapping[Name, str]
    """The split of every photo, by its path below the root."""
    drawn: Mapping[Name, str]
    """The photos whose split nobody specified, with the split that earlier versions drew, which
    hold for existing runs: by a hash of the names alone."""
    notices: tuple[str, ...] = ()
    """A sentence about photos that were moved to val."""


def hold_out(
    given: Mapping[Name, str | None], *, tags: Mapping[Name, frozenset[str]],
    groups: Mapping[Name, str] | None = None,
) -> HeldOut[Name]:
    """Decide the split of every photo: as specified, or else drawn so that classes are in both.

    If no photo is in val then, some training photos are moved there, because settings are chosen on
    val: those that the hash holds out, and for classes that would have none, those with the lowest
    hash. No class is reduced to fewer than two training photos by this.

    Args:
        given: the photos' paths below the root, and their splits; None for unspecified splits.
        tags: tags of the same photos.
        groups: the group of the photos that have one, such as a patient; see `draw`.
    """
    hashed = cache(hashed_share)
    by_name, notices = _filled({p: s or _by_share(hashed(p)) for p, s in given.items()}, tags,
                               hashed)
    drawn = {path: by_name[path] for path, split in given.items() if split is None}
    if not drawn:
        return HeldOut(splits=by_name, drawn={}, notices=notices)
    held = draw(given, tags=tags, groups=groups or {}, share=HELD_OUT, hashed=hashed)
    splits = {p: s or ("val" if p in held else "train") for p, s in given.items()}
    if "val" not in splits.values():
        return HeldOut(splits=by_name, drawn=drawn, notices=notices if any(given.values()) else ())
    return HeldOut(splits=splits, drawn=drawn)


def _filled(
    splits: Mapping[Name, str], tags: Mapping[Name, frozenset[str]], hashed: Share
) -> tuple[Mapping[Name, str], tuple[str, ...]]:
    """Move some training photos to val if it is empty, and return a sentence about them."""
    if "val" in splits.values():
        return splits, ()
    train = sorted((p for p, s in splits.items() if s == "train"), key=hashed)
    left = Counter(tag for path in train for tag in tags[path])
    seen: set[str] = set()
    moved: list[Name] = []
    for path in train:
        enough = bool(moved) and hashed(path) >= HELD_OUT and tags[path] <= seen
        if enough or any(left[tag] < FEW for tag in tags[path]):
            continue
        left.subtract(tags[path])
        seen |= tags[path]
        moved.append(path)
    if not moved:
        return splits, ()
    return {**splits, **dict.fromkeys(moved, "val")}, (
        f"No photo is in val, on which settings are chosen, so {len(moved):,} of {len(train):,} "
        f"training photos are held out for it by a hash of their names; put photos into val to "
        f"choose them yourself.",
    )
