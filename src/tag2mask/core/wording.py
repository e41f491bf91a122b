"""Counts with their nouns, as in "1 photo" and "1,200 photos", and lists of names.

Messages with counts come from many places. New ones use `counted`; where a message leaves the
program, `agreed` corrects those that were written for several.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_IRREGULAR = {"is": "are", "has": "have", "was": "were", "it": "them", "its": "their",
              "epoch": "epochs"}
_VERBS = {"are": "is", "have": "has", "were": "was", "show": "shows", "lie": "lies", "do": "does"}

_NOUNS = (
    "annotations", "boxes", "candidates", "cells", "classes", "columns", "epochs", "files",
    "folders", "groups", "images", "labels", "lines", "masks", "minutes", "notices", "parts",
    "photos", "pictures", "points", "polygons", "processes", "recipes", "remarks", "rows", "runs",
    "samples", "scribbles", "seconds", "seeds", "shards", "steps", "tags", "things", "values",
    "variants", "warnings",
)
_BEFORE = (
    "class", "different", "equal", "held-out", "missing", "more", "new", "other", "pseudo",
    "tagged", "test", "training", "true", "untagged", "unused", "val",
)
_ONE = re.compile(
    rf"(?<![\w.,:/-])1 ((?:(?:{'|'.join(_BEFORE)}) )*)({'|'.join(_NOUNS)})\b"
    rf"( (?:{'|'.join(_VERBS)})\b)?")
_ONE_OF = re.compile(
    rf"(?<![\w.,:/-])1 of (?:the )?[\d,]+ (?:(?:{'|'.join(_BEFORE)}) )*(?:{'|'.join(_NOUNS)})"
    rf"( (?:{'|'.join(_VERBS)})\b)")


def agreed(text: str) -> str:
    """Correct the number in "1 classes", "1 photos have" and "1 of 9 photos are"."""
    def one(match: re.Match[str]) -> str:
        verb = (match[3] or "").strip()
        return f"1 {match[1]}{singular(match[2])}" + (f" {_VERBS[verb]}" if verb else "")

    def one_of(match: re.Match[str]) -> str:
        return match[0].removesuffix(match[1]) + f" {_VERBS[match[1].strip()]}"

    return _ONE_OF.sub(one_of, _ONE.sub(one, text))


def counted(amount: int, noun: str) -> str:
    """Format a count with its noun: "1 photo", "1,200 photos", "20 classes"."""
    return f"{amount:,} {plural(amount, noun)}"


def singular(word: str) -> str:
    """Return the singular of a regular plural: "photo", "class", "copy"."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word.removesuffix("s")


def plural(amount: int, word: str) -> str:
    """Return a noun in the number that fits: "photo" or "photos"; also "is" or "are".

    Args:
        amount: how many.
        word: in the singular; of several words, the last is changed.
    """
    if amount == 1:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


def listing(names: Sequence[str], *, most: int = 4) -> str:
    """Return names as "a, b and c", or the first ones and the number of others."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
