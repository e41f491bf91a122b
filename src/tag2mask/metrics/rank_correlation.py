"""Whether two scores rank items alike, and a monotone fit of one to the other."""

from __future__ import annotations

import numpy as np

from tag2mask.metrics.confusion import Figures


def rank_correlation(first: Figures, second: Figures) -> float:
    """Compute Spearman's rank correlation; equal values share the mean of their ranks.

    Spearman, "The Proof and Measurement of Association between Two Things", 1904.

    Args:
        first: (N,) finite.
        second: (N,) finite.

    Returns:
        -1 to 1; nan where it says nothing: fewer than three pairs, or one side all equal.

    Raises:
        ValueError: the lengths differ, or a value is not finite.
    """
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.shape != other.shape or one.ndim != 1:
        raise ValueError(f"two lists of one length are compared, not {one.shape}, {other.shape}")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise ValueError("only finite values have ranks")
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    from scipy.stats import spearmanr  # here, since importing it takes longer than the rest

    return float(spearmanr(one, other).statistic)


def equal_bins(scores: Figures, truths: Figures, bins: int = 10) -> list[tuple[float, float, int]]:
    """Cut pairs into bins of as many, lowest scores first.

    Args:
        scores: (N,) what they are ordered by.
        truths: (N,) what is averaged beside it.
        bins: at most; no bin is empty.

    Returns:
        of each bin the mean score, the mean truth, and how many there are.
    """
    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, min(bins, len(order))) if len(order) else []
    return [
        (float(np.mean(scores[part])), float(np.mean(truths[part])), len(part)) for part in parts
    ]
