"""Apply what the checks of the masks found to a data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tag2mask.core.contracts import IGNORE
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.mask_checks.agreement import OWN_TAG
from tag2mask.data.mask_checks.facts import MaskFacts, collect_facts, sample_photos
from tag2mask.data.mask_checks.labelmap import find_labelmap, read_labelmap
from tag2mask.data.mask_checks.verdict import Verdict, judge, judge_table
from tag2mask.data.mask_reading import MaskFile, MaskReading
from tag2mask.data.readers.voc import CLASSES

TRUSTED = "masks_checked.txt"
"""A file of this name in the data set's folder, empty or not: masks are scored as they are."""


def settle_masks(dataset: Dataset, *, workers: int) -> Dataset:
    """Find out how the masks are to be read, and take away those that contradict the tags.

    `labelmap.txt` states which colour or grey value is which class. Without it, masks that agree
    with the tags as they are stored stay untouched; others are read by the table that agrees; where
    none does, or where it contradicts `classes.txt`, every photo loses its mask and a notice says
    why.

    Args:
        dataset: as read.
        workers: threads that read.

    Returns:
        The data set, with notices and with masks that carry how they are read.
    """
    sample = sample_photos(dataset.photos)
    if not sample or (dataset.root / TRUSTED).is_file():
        return dataset
    facts = collect_facts(sample, dataset.photos, workers=workers)
    if not facts:
        return dataset
    verdict = _verdict(dataset, facts)
    if verdict.doubt:
        return without_masks(dataset, verdict.doubt)
    if verdict.reading is None:
        return dataset
    reading = verdict.reading
    return replace(
        with_masks(dataset, lambda photo, mask: MaskFile.of(mask, _for_photo(reading, photo))),
        notices=(*dataset.notices, f"{verdict.notice}."),
    )


def with_masks(dataset: Dataset, change: Callable[[Photo, Path], Path]) -> Dataset:
    """Return the data set with another path for each mask."""
    photos = tuple(
        p if p.mask is None else replace(p, mask=change(p, p.mask)) for p in dataset.photos
    )
    return replace(dataset, photos=photos)


def without_masks(dataset: Dataset, doubt: str) -> Dataset:
    """Return the data set without masks, and with a notice that says why."""
    count = sum(photo.mask is not None for photo in dataset.photos)
    told = (
        f"None of the {count:,} masks is scored: {doubt}; correct the masks, or, if they are right "
        f"as they are, put an empty file {TRUSTED} into {dataset.root}."
    )
    photos = tuple(replace(photo, mask=None) for photo in dataset.photos)
    return replace(dataset, photos=photos, notices=(*dataset.notices, told))


def _verdict(dataset: Dataset, facts: list[MaskFacts]) -> Verdict:
    path = find_labelmap(dataset.root, Path(facts[0].photo.mask or ""))
    if path is not None:
        table = read_labelmap(path, dataset.classes)
        strange = sum(any(colour not in table for colour in one.colours) for one in facts)
        if not strange or any(one.kind == "colour" for one in facts):
            blended = strange > 0.2 * len(facts) or any(one.jpeg for one in facts)
            return judge_table(facts, table, path, len(dataset.classes), nearest=blended)
    stated = (dataset.root / "classes.txt").is_file() or dataset.classes == CLASSES
    return judge(facts, dataset.classes, stated=stated)


def _for_photo(reading: MaskReading, photo: Photo) -> MaskReading:
    """Fill in the tag of the photo where the reading asks for it."""
    own = photo.tags[0] + 1 if len(photo.tags) == 1 else IGNORE
    table = tuple((value, own if label == OWN_TAG else label) for value, label in reading.table)
    other = own if reading.other == OWN_TAG else reading.other
    return replace(reading, table=table, other=other)
