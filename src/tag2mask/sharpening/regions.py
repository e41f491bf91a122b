"""Scores averaged over regions."""

from __future__ import annotations

import numpy as np


def region_means(scores: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Replace the scores of every pixel by the mean over its region.

    Args:
        scores: (1 + k, h, w).
        regions: (h, w) integers, 0 or more.

    Returns:
        (1 + k, h, w) float32.
    """
    flat = regions.ravel()
    counts = np.maximum(np.bincount(flat), 1)
    means = [np.bincount(flat, weights=row.ravel()) / counts for row in scores]
    result: np.ndarray = np.stack([mean[regions] for mean in means])
    return result.astype(np.float32)
