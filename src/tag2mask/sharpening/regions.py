"""Scores of regions, which all their pixels share."""

from __future__ import annotations

import numpy as np


def region_means(scores: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Give every pixel the mean of its region's scores.

    Args:
        scores: (1 + k, h, w).
        regions: (h, w) whole numbers from 0 on.

    Returns:
        (1 + k, h, w) float32.
    """
    flat = regions.ravel()
    counts = np.maximum(np.bincount(flat), 1)
    means = [np.bincount(flat, weights=row.ravel()) / counts for row in scores]
    result: np.ndarray = np.stack([mean[regions] for mean in means])
    return result.astype(np.float32)
