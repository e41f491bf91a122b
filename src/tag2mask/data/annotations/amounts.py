"""Amounts of annotation of the photos of a data set."""

from __future__ import annotations

from collections.abc import Iterable

from tag2mask.annotation.costs import Amounts, count_amounts
from tag2mask.annotation.work_log import LOG, read_log, seconds_by_photo
from tag2mask.data.dataset import Dataset, Photo


def amounts_of(dataset: Dataset, photos: Iterable[Photo]) -> Amounts:
    """Sum the annotations of photos; the time of masks from `tag2mask review` is the logged one.

    Args:
        dataset: the data set.
        photos: photos of it.
    """
    logged = seconds_by_photo(read_log(dataset.root / "annotations" / LOG))
    return count_amounts({photo.name: photo.annotation for photo in photos}, logged)
