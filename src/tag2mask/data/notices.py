"""Print findings about the data at the start of `run`; `inspect` reports the same."""

from __future__ import annotations

from collections.abc import Sequence

from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Dataset
from tag2mask.data.inspection import inspect_dataset
from tag2mask.data.mask_checks.settlement import without_order

MOST_SHOWN = 20
"""Number of warnings that are printed individually; the others are counted."""


def announce_reading(progress: Progress, dataset: Dataset) -> None:
    """Print the automatic decisions on how to read the data.

    Without the order of the labels in masks, of which the check of the masks may find another.
    """
    for notice in without_order(dataset).notices:
        progress.warn(notice)


def announce_check(progress: Progress, dataset: Dataset, checked: Dataset) -> None:
    """Print the decisions that the check of the photos and masks has added.

    Args:
        progress: where to print.
        dataset: the data set as read, whose decisions are printed.
        checked: the same after `check_photos`.
    """
    printed = without_order(dataset).notices
    for notice in checked.notices:
        if notice not in printed:
            progress.warn(notice)


def announce_findings(progress: Progress, checked: Dataset, *, warnings: bool) -> None:
    """Print the problems of a data set.

    Args:
        progress: where to print.
        checked: the data set after `check_photos`.
        warnings: whether to print the warnings of `inspect_dataset` too; they are meaningless for a
            small subset of the photos.
    """
    _warn(progress, [f"{problem.photo}: {problem.why}" for problem in checked.problems])
    _warn(progress, inspect_dataset(checked).warnings if warnings else ())


def announce_losses(progress: Progress, dataset: Dataset) -> None:
    """Print the problems that each cost a photo."""
    _warn(progress, [f"{problem.photo}: {problem.why}" for problem in dataset.left_out])


def _warn(progress: Progress, sentences: Sequence[str]) -> None:
    for sentence in sentences[:MOST_SHOWN]:
        progress.warn(sentence)
    if len(sentences) > MOST_SHOWN:
        progress.warn(f"{len(sentences) - MOST_SHOWN:,} more; `tag2mask inspect` counts them.")
