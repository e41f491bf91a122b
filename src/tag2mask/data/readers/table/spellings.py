"""Merge spellings of a class name that a person would consider the same."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping

# Zero-width space, word joiner, byte order mark, soft hyphen, direction marks, the two variation
# selectors, and the joiners, which some scripts need inside a word.
_UNSEEN = re.compile("[\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a-\u202e\x00-\x08\x0e-\x1f\x7f]")
_JOINERS = re.compile("[\u200c\u200d\ufe0e\ufe0f]")
_BETWEEN_WORDS = re.compile(r"(?<=[^\W_])[\s_\-\u2010-\u2015\u2212]+(?=[^\W_])")
_MOST_NAMED = 6


def clean_name(name: str) -> str:
    """Return a name without invisible characters, and with plain single spaces."""
    return " ".join(_UNSEEN.sub("", name).split()).strip("\u200c\u200d")


def class_key(name: str) -> str:
    """Return a key that is equal for all spellings of one name.

    Case, the Unicode form of accents and of letters of full width, characters without width, and
    the choice of space, underscore or hyphen between words are ignored.
    """
    plain = unicodedata.normalize("NFKC", _JOINERS.sub("", clean_name(name)))
    return unicodedata.normalize("NFKC", _BETWEEN_WORDS.sub(" ", plain).lower())


def merge_spellings(
    counts: Mapping[str, int], *, declared: Collection[str] = ()
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Choose one spelling per class.

    Args:
        counts: number of occurrences of each spelling.
        declared: correct spellings, as in classes.txt; by default the most frequent one is correct.

    Returns:
        The class of each spelling in `counts`, and a sentence for each class with merged spellings.
    """
    right = {class_key(name): name for name in declared}
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(counts):
        groups[class_key(name)].append(name)
    chosen: dict[str, str] = {}
    notices: list[str] = []
    for key, names in groups.items():
        name = right.get(key) or _usual(names, counts)
        chosen.update(dict.fromkeys(names, name))
        others = [other for other in names if other != name]
        if others:
            notices.append(_merged(name, others, counts))
    return chosen, tuple(notices)


def _usual(names: list[str], counts: Mapping[str, int]) -> str:
    """Return the most frequent spelling, cleaned; the plainest one wins ties."""
    totals: dict[str, int] = defaultdict(int)
    for name in names:
        totals[clean_name(name)] += counts[name]
    best = min(totals, key=lambda name: (-totals[name], len(_visible(name)), "_" in name,
                                         name != name.lower(), name))
    return unicodedata.normalize("NFC", best) if len(names) > 1 else best


def _merged(name: str, others: list[str], counts: Mapping[str, int]) -> str:
    listed = ", ".join(f"{_visible(other)} ({counts[other]:,})" for other in others[:_MOST_NAMED])
    rest = " and others" * (len(others) > _MOST_NAMED)
    return f"The class {name!r} is also spelled {listed}{rest}; they are read as one class."


def _visible(name: str) -> str:
    """Return a name in quotes, with inconspicuous characters as escapes."""
    return "'" + "".join(
        c if c.isprintable() and not unicodedata.combining(c) and c not in "\ufe0e\ufe0f"
        else c.encode("unicode_escape").decode("ascii")
        for c in name
    ) + "'"
