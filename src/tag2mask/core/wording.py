"""Counts with their nouns, as in "1 photo" and "1,200 photos"."""

from __future__ import annotations

_IRREGULAR = {"is": "are", "has": "have", "was": "were", "it": "them", "its": "their"}


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
