"""Which photos are held out: as the user wrote, or else by a hash of the file name."""

from __future__ import annotations

import hashlib
import unicodedata
from difflib import get_close_matches
from pathlib import PurePosixPath

from tag2mask.core.contracts import InputError

HELD_OUT = 0.15
"""Chance that a photo without a split is held out for validation."""

SYNONYMS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""What people call the splits, in lower case."""


def parse_split(text: str, *, where: str) -> str:
    """Return the split that `text` means.

    Args:
        text: as written; spaces around it and case do not count.
        where: file and row, for the error.

    Raises:
        InputError: unknown; suggests the nearest right value.
    """
    word = text.strip().lower()
    if word in SYNONYMS:
        return SYNONYMS[word]
    nearest = SYNONYMS[get_close_matches(word, SYNONYMS, n=1, cutoff=0.0)[0]]
    raise InputError(
        f"{where} has the unknown split {text.strip()!r}; did you mean {nearest!r}? "
        f"A split is train, val or test, or empty."
    )


def hashed_split(relative: PurePosixPath) -> str:
    """Return "val" for `HELD_OUT` of all paths, "train" for the others.

    Each photo is decided by its own path below the root without suffix, so adding, removing or
    retagging other photos never moves it, nor does another machine. The price: a class of few
    photos holds out 15 % only on average.
    """
    # One spelling of accents: file systems differ in how they store them.
    name = unicodedata.normalize("NFC", relative.with_suffix("").as_posix())
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return "val" if int.from_bytes(digest[:8], "big") < HELD_OUT * 2**64 else "train"
