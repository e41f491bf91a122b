"""Classes whose names are spelled in several ways, in folders and annotations as in tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tag2mask.data.readers.assembly import Found
from tag2mask.data.readers.names import refuse_case_variants
from tag2mask.data.readers.table.spellings import merge_spellings


def with_one_spelling(
    found: Sequence[Found], places: Mapping[str, str], *, source: str,
    declared: Collection[str] = (),
) -> tuple[list[Found], dict[str, str], tuple[str, ...]]:
    """Read the spellings of a name that a person would not tell apart as one class.

    Args:
        found: the photos, with tags as they are written.
        places: where each name was first seen, also one that no photo has.
        source: the file or folder, for the error.
        declared: spellings that are right, as in classes.txt; else the most frequent one is.

    Returns:
        The photos with one spelling of each class, where each was first seen, and a sentence for
        each class with several.

    Raises:
        InputError: a name that means the background.
    """
    counts = Counter(dict.fromkeys(places, 0))
    counts.update(tag for item in found for tag in item.tags)
    chosen, notices = merge_spellings(counts, declared=declared)
    first = {chosen[name]: places[name] for name in reversed(list(places))}
    refuse_case_variants(dict(sorted(first.items())), source=source)
    made = [replace(item, tags=frozenset(chosen[tag] for tag in item.tags)) for item in found]
    return made, first, notices
