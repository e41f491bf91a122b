"""Merge different spellings of class names in folders, annotations and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from tag2mask.data.readers.assembly import Found
from tag2mask.data.readers.names import refuse_case_variants
from tag2mask.data.readers.table.spellings import merge_spellings


def with_one_spelling(
    found: Sequence[Found], places: Mapping[str, str], *, source: str,
    declared: Collection[str] = (),
) -> tuple[list[Found], dict[str, str], tuple[str, ...]]:
    """Merge spellings that a person would consider the same name into one class.

    Args:
        found: the photos, with tags as written.
        places: location where each name first occurs, also for names without photos.
        source: the file or folder, for the error message.
        declared: correct spellings, as in classes.txt; by default the most frequent one is correct.

    Returns:
        The photos with one spelling per class, the location of each class's first occurrence, and a
            sentence for each class with several spellings.

    Raises:
        InputError: a name that means the background.
    """
    counts = Counter(dict.fromkeys(places, 0))
    counts.update(tag for item in found for tag in item.tags)
    chosen, notices = merge_spellings(counts, declared=declared)
    first = {chosen[name]: places[name] for name in reversed(list(places))}
    refuse_case_variants(dict(sorted(first.items())), source=source)
    made = [item._replace(tags=frozenset(chosen[tag] for tag in item.tags)) for item in found]
    return made, first, notices
