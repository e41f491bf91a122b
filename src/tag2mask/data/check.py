"""Check every photo and mask once, before hours of training."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE, InputError
from tag2mask.data.dataset import Dataset, Photo, Problem, refuse_many_losses
from tag2mask.data.learning_checks import shortened
from tag2mask.data.mask_checks import settle_masks
from tag2mask.data.masks import load_mask
from tag2mask.data.photos import PhotoTraits, examine_photo, load_photo, photo_size
from tag2mask.data.reading_rules import settle_reading

# JPEGs are then decoded at a fraction of their size: every byte is still read, but faster.
_GLANCE = 64

_Glance = tuple[str, str, PhotoTraits | None]
"""Problems of a photo and of its mask, and the traits of a readable photo."""

_STRAY = 0.01
"""Share of undecided pixels that a small object may become when a mask is shrunk."""


def check_photos(
    dataset: Dataset, *, workers: int, advance: Callable[[], None] | None = None
) -> Dataset:
    """Decode every photo, check every mask's size and labels, and compare masks with tags.

    Args:
        dataset: as read.
        workers: number of threads that decode; the work does not hold Python's global lock.
        advance: called once per photo, in the calling thread.

    Returns:
        The data set without unreadable photos; a photo whose mask is bad is kept without its mask.
        Each of both has a `Problem`. Masks that contradict the tags over the whole set are all left
        out, see `settle_masks`. Notices state the reasons, and how photos are read.

    Raises:
        InputError: more than a tenth of the photos was left out, in this check and in reading
            together.
    """
    dataset = settle_masks(dataset, workers=workers)
    unreadable: list[Problem] = []
    blank: list[str] = []
    maskless: dict[str, Problem] = {}
    traits: list[PhotoTraits] = []
    for photo, (why_photo, why_mask, trait) in zip(
        dataset.photos, _glances(dataset, workers, advance, blank), strict=True
    ):
        if trait:
            traits.append(trait)
        if why_photo:
            unreadable.append(Problem(photo=photo.name, why=why_photo))
        if why_mask:
            maskless[photo.name] = Problem(photo=photo.name, why=why_mask)
    photos = tuple(replace(p, mask=None) if p.name in maskless else p for p in dataset.photos)
    problems = dataset.problems + tuple(maskless.values())
    notices = dataset.notices + _blank_notices(blank)
    checked = replace(dataset, photos=photos, problems=problems, notices=notices)
    checked = checked.without(unreadable)
    refuse_many_losses(checked)
    return settle_reading(checked, traits)


def _glances(
    dataset: Dataset, workers: int, advance: Callable[[], None] | None, blank: list[str]
) -> list[_Glance]:
    """Return the problems of photo and mask ("" for none) and the traits of every photo.

    The names of tagged photos of a single colour are added to `blank`.
    """
    num_labels = len(dataset.classes) + 1
    found = []
    threads = ThreadPoolExecutor(max_workers=max(1, workers))
    try:
        for glance in threads.map(lambda photo: _glance(photo, num_labels, blank), dataset.photos):
            found.append(glance)
            if advance is not None:
                advance()
    finally:  # after Ctrl-C, do not wait for the photos that are still queued
        threads.shutdown(cancel_futures=True)
    return found


def _glance(photo: Photo, num_labels: int, blank: list[str]) -> _Glance:
    try:
        traits = examine_photo(photo.path, max_side=_GLANCE)
        if photo.tags and traits.flat and _is_flat(photo.path):
            blank.append(photo.name)
    except InputError as error:
        return str(error), "", None
    if photo.mask is None:
        return "", "", traits
    try:
        mask = load_mask(photo.mask, size=photo_size(photo.path), num_labels=num_labels)
        if photo.tags:
            _refuse_black_and_white(photo.mask, mask)
    except InputError as error:
        return "", f"{str(error).rstrip('.')}; until then the photo is not scored.", traits
    return "", "", traits


def _is_flat(path: Path) -> bool:
    """Return whether a photo that is uniform when shrunk is also uniform at its own size."""
    pixels = load_photo(path)
    return bool((pixels == pixels[:1, :1]).all())


def _blank_notices(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    return (f"Tagged photos that have one colour throughout ({len(names):,}): "
            f"{shortened(sorted(names))}; their tags cannot be learned, so take them out.",)


def _refuse_black_and_white(path: Path, mask: np.ndarray) -> None:
    """Refuse a mask that marks its class by white: read as labels, all of it would be ignored."""
    if (mask == IGNORE).mean() > _STRAY and not ((mask > BACKGROUND) & (mask < IGNORE)).any():
        raise InputError(
            f"Mask {path} holds only 0 and 255, which is the label of undecided pixels; "
            "save it again with the classes' numbers, from 1 on."
        )
