"""Rank correlation of two scores, and averages over equally filled bins."""

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
        -1..1; nan if it is undefined: fewer than three pairs, or all values of one side equal.

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
    """Divide pairs into bins of equal count, lowest scores first.

    Args:
        scores: (N,) values to sort by.
        truths: (N,) values to average per bin.
        bins: maximum number of bins; no bin is empty.

    Returns:
        the mean score, the mean truth and the number of pairs of each bin.
    """
    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, min(bins, len(order))) if len(order) else []
    return [
        (float(np.mean(scores[part])), float(np.mean(truths[part])), len(part)) for part in parts
    ]
