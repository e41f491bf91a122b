"""What `run` says about the data before anything is trained; `inspect` lays out the same."""

from __future__ import annotations

from collections.abc import Iterable

from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Dataset
from tag2mask.data.inspection import inspect_dataset

MOST_SHOWN = 20
"""Warnings that are printed one by one; the others are counted."""


def announce_notices(progress: Progress, notices: Iterable[str]) -> None:
    """Print how the data were read where that was decided for the user."""
    for notice in notices:
        progress.warn(notice)


def announce_findings(progress: Progress, checked: Dataset, *, warnings: bool) -> None:
    """Print what is wrong with a data set.

    Args:
        progress: where to print.
        checked: the data set after `check_photos`.
        warnings: whether to print the warnings of `inspect_dataset` too; they say nothing about
            the data where only a few of the photos were taken.
    """
    for problem in checked.problems:
        progress.warn(f"{problem.photo}: {problem.why}")
    found = inspect_dataset(checked).warnings if warnings else ()
    for sentence in found[:MOST_SHOWN]:
        progress.warn(sentence)
    if len(found) > MOST_SHOWN:
        progress.warn(f"{len(found) - MOST_SHOWN:,} more; `tag2mask inspect` counts them.")
