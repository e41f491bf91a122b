"""Amounts of annotation of the photos of a data set."""

from __future__ import annotations

from collections.abc import Iterable

from tag2mask.annotation.costs import Amounts, count_amounts
from tag2mask.annotation.work_log import LOG, read_log, seconds_by_photo
from tag2mask.data.dataset import SPLITS, Dataset, Photo


def amounts_of(dataset: Dataset, photos: Iterable[Photo]) -> Amounts:
    """Sum the annotations of photos; the time of masks from `tag2mask review` is the logged one.

    Args:
        dataset: the data set.
        photos: photos of it.
    """
    return _sum(photos, _logged(dataset))


def amounts_by_split(dataset: Dataset) -> dict[str, Amounts]:
    """Sum the annotations of each split, as `amounts_of` does."""
    logged = _logged(dataset)
    return {split: _sum(dataset.split(split), logged) for split in SPLITS}


def _logged(dataset: Dataset) -> dict[str, float]:
    return seconds_by_photo(read_log(dataset.root / "annotations" / LOG))


def _sum(photos: Iterable[Photo], logged: dict[str, float]) -> Amounts:
    return count_amounts({photo.name: photo.annotation for photo in photos}, logged)
