"""Average precision and the best F1 threshold of tag scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def average_precision(scores: ArrayLike, tags: ArrayLike) -> float:
    """Compute the area under the precision-recall steps of one class.

    AP = sum over the distinct scores, highest first, of (increase in recall) x (precision),
    without interpolation. Photos with the same score are added together; otherwise their order
    would change the result.

    Args:
        scores: (N,) any real numbers, higher is surer.
        tags: (N,) 0 or 1.

    Returns:
        0..1, nan where no photo has the tag.

    Raises:
        ValueError: the lengths differ or a score is nan.
    """
    _, found, taken = _cuts(scores, tags)
    if not found.size or not found[-1]:
        return float("nan")
    gained = np.diff(found, prepend=0) / found[-1]
    return float((gained * found / taken).sum())


def best_f1_threshold(scores: ArrayLike, tags: ArrayLike) -> float:
    """Find the threshold at which "score >= threshold" has the highest F1 against the tags.

    The threshold is half-way between the lowest included score and the highest excluded one, so
    that a tiny change in either does not change the result. Of equally good thresholds the highest
    is returned.

    Args:
        scores: (N,) any real numbers, higher is surer.
        tags: (N,) 0 or 1.

    Returns:
        A threshold in the unit of the scores; nan where no photo has the tag.

    Raises:
        ValueError: the lengths differ or a score is nan.
    """
    levels, found, taken = _cuts(scores, tags)
    if not found.size or not found[-1]:
        return float("nan")
    best = int(np.argmax(2 * found / (taken + found[-1])))
    following = levels[min(best + 1, len(levels) - 1)]
    return float((levels[best] + following) / 2)


def _cuts(
    scores: ArrayLike, tags: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct scores, descending, with the tagged and total photos at or above each."""
    values, positive = np.asarray(scores, np.float64), np.asarray(tags).astype(bool)
    if values.shape != positive.shape or values.ndim != 1 or np.isnan(values).any():
        raise ValueError("scores and tags must be two lists of one length, without nan")
    levels, level_of = np.unique(-values, return_inverse=True)
    taken = np.bincount(level_of, minlength=len(levels)).cumsum()
    found = np.bincount(level_of[positive], minlength=len(levels)).cumsum()
    return -levels, found, taken
