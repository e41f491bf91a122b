"""Apply the results of the mask checks to a data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tag2mask.core.contracts import IGNORE
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.mask_checks.agreement import OWN_TAG
from tag2mask.data.mask_checks.facts import MaskFacts, collect_facts, sample_photos
from tag2mask.data.mask_checks.geometry import (
    load_pairs,
    position_doubt,
    runs_of_photos,
    turn_gain,
)
from tag2mask.data.mask_checks.labelmap import NAME, find_labelmap, read_labelmap
from tag2mask.data.mask_checks.orientation import Sizes, read_sizes, size_doubt
from tag2mask.data.mask_checks.stated_table import judge_stated
from tag2mask.data.mask_checks.verdict import Verdict, judge, judge_few
from tag2mask.data.mask_reading import MaskFile, MaskReading
from tag2mask.data.readers.names import read_text
from tag2mask.data.readers.table.words import labels_sentence
from tag2mask.data.readers.voc import CLASSES

TRUSTED = "masks_checked.txt"
"""A file with this name in the data set's folder disables the checks; it may be empty."""


_REWRAPPED = "The masks are grey pictures stored in colour; their grey values are read as labels."

_FEW = 6
"""Number of masks below which tags give too little evidence about them."""

_TURN_STRENGTH = 4.0
"""Student's t at or above which edges show that masks must be rotated like their photos."""


def settle_masks(dataset: Dataset, *, workers: int) -> Dataset:
    """Determine how to read the masks, and remove masks that contradict the tags.

    `labelmap.txt` assigns colours or grey values to classes. Without it, masks that agree with the
    tags as stored remain unchanged; others are read through the table that agrees. If no table
    agrees, or if it contradicts `classes.txt`, all masks are removed and a notice gives the reason.

    Args:
        dataset: as read.
        workers: number of threads that read.

    Returns:
        The data set with notices, and with masks that carry their reading.
    """
    sample = sample_photos(dataset.photos)
    if not sample or (dataset.root / TRUSTED).is_file():
        return dataset
    facts = collect_facts(sample, dataset.photos, workers=workers)
    if not facts:
        return dataset
    verdict = _verdict(dataset, facts)
    if verdict.sentence:
        dataset = replace(dataset, notices=(*dataset.notices, verdict.sentence))
    if verdict.doubt:
        return without_masks(dataset, verdict.doubt)
    settled = dataset
    if (reading := verdict.reading) is not None:
        dataset = without_order(dataset)
        settled = with_masks(
            dataset, lambda photo, mask: MaskFile.of(mask, own_reading(reading, photo))
        )
        settled = replace(settled, notices=(*dataset.notices, f"{verdict.notice}."))
    elif any(one.rewrapped for one in facts):
        settled = replace(dataset, notices=(*dataset.notices, _REWRAPPED))
    settled, doubt = settle_positions(settled, sample_photos(settled.photos), workers=workers)
    return without_masks(dataset, doubt) if doubt else settled


def settle_positions(
    dataset: Dataset, sample: list[Photo], *, workers: int
) -> tuple[Dataset, str]:
    """Rotate masks that were drawn on photos without their EXIF orientation; doubt others.

    Returns:
        The data set, and the reason why its masks do not match their photos, "" if there is none.
    """
    sizes = read_sizes(sample, workers=workers)
    if doubt := size_doubt(sizes):
        return dataset, doubt
    oriented = [one for one in sizes if one.orientation != 1]
    labels = len(dataset.classes) + 1
    if oriented and _are_unturned(oriented, dataset, labels, workers):
        dataset = _turned_like_photos(dataset, workers)
    pairs = load_pairs(
        runs_of_photos(dataset.photos), dataset.photos, num_labels=labels, workers=workers
    )
    return dataset, position_doubt(pairs)


def _are_unturned(
    oriented: list[Sizes], dataset: Dataset, num_labels: int, workers: int
) -> bool:
    """Whether masks were drawn on the pixels as stored, according to sizes or else to edges."""
    if any(one.fits_unturned for one in oriented):
        return True
    if any(one.orientation >= 5 and one.mask[0] != one.mask[1] for one in oriented):
        return False
    pairs = load_pairs(
        [one.photo for one in oriented if one.photo.tags], dataset.photos, num_labels=num_labels,
        workers=workers,
    )
    turns = {one.photo.name: one.orientation for one in oriented}
    return turn_gain(pairs, [turns[pair.photo.name] for pair in pairs]) >= _TURN_STRENGTH


def _turned_like_photos(dataset: Dataset, workers: int) -> Dataset:
    """Apply the EXIF orientation of their photos to masks, unless the sizes contradict it."""
    masked = [photo for photo in dataset.photos if photo.mask is not None]
    sizes = {one.photo.name: one for one in read_sizes(masked, workers=workers)}
    upright = any(
        one.orientation >= 5 and one.fits and one.mask[0] != one.mask[1] for one in sizes.values()
    )

    def turn(photo: Photo, mask: Path) -> Path:
        one = sizes.get(photo.name)
        if one is None or one.orientation == 1 or (upright and not one.fits_unturned):
            return mask
        if one.fits and one.orientation >= 5 and one.mask[0] != one.mask[1]:
            return mask
        reading = mask.reading if isinstance(mask, MaskFile) else None
        return MaskFile.of(mask, reading, one.orientation)

    notice = ("Masks were drawn on photos as they are stored, without their EXIF orientation; they "
              "are turned like the photos.")
    return replace(with_masks(dataset, turn), notices=(*dataset.notices, notice))


def statements(root: Path) -> list[str]:
    """Return the user's statements about the masks, to detect changes; [] without any."""
    files = [root / TRUSTED, *sorted(root.glob(f"*/{NAME}")), root / NAME]
    return [f"{file.name}: {read_text(file)}" for file in files if file.is_file()]


def without_order(dataset: Dataset) -> Dataset:
    """Return the data set without the notice on the label order, as another is used."""
    said = labels_sentence(dataset)
    return replace(dataset, notices=tuple(n for n in dataset.notices if n not in said))


def with_masks(dataset: Dataset, change: Callable[[Photo, Path], Path]) -> Dataset:
    """Return the data set with a modified path for each mask."""
    photos = tuple(
        p if p.mask is None else replace(p, mask=change(p, p.mask)) for p in dataset.photos
    )
    return replace(dataset, photos=photos)


def without_masks(dataset: Dataset, doubt: str) -> Dataset:
    """Return the data set without masks, and with a notice that gives the reason."""
    dataset = without_order(dataset)
    count = sum(photo.mask is not None for photo in dataset.photos)
    notice = (
        f"None of the {count:,} masks is scored: {doubt}; correct the masks, or, if they are right "
        f"as they are, put an empty file {TRUSTED} into {dataset.root}."
    )
    photos = tuple(replace(photo, mask=None) for photo in dataset.photos)
    return replace(dataset, photos=photos, notices=(*dataset.notices, notice))


def _verdict(dataset: Dataset, facts: list[MaskFacts]) -> Verdict:
    path = find_labelmap(dataset.root, Path(facts[0].photo.mask or ""))
    if path is not None:
        table = read_labelmap(path, dataset.classes)
        verdict = judge_stated(facts, table, path, dataset.classes)
        if isinstance(verdict, Verdict):
            return verdict
        found = _by_tags(dataset, facts)
        return replace(found, sentence=" ".join(filter(None, (verdict, found.sentence))))
    return _by_tags(dataset, facts)


def _by_tags(dataset: Dataset, facts: list[MaskFacts]) -> Verdict:
    if len(facts) < _FEW:
        return judge_few(facts, dataset.classes)
    stated = (dataset.root / "classes.txt").is_file() or dataset.classes == CLASSES
    return judge(facts, dataset.classes, stated=stated)


def own_reading(reading: MaskReading, photo: Photo) -> MaskReading:
    """Insert the tag of the photo if the reading depends on it."""
    own = photo.tags[0] + 1 if len(photo.tags) == 1 else IGNORE
    table = tuple((value, own if label == OWN_TAG else label) for value, label in reading.table)
    other = own if reading.other == OWN_TAG else reading.other
    return replace(reading, table=table, other=other)
