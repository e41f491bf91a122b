"""Bootstrap confidence intervals for an mIoU measured on a small number of photos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tag2mask.metrics.confusion import Counts, iou_of, mean_of_known


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A metric and the bounds of its confidence interval; each 0..1."""

    miou: float
    low: float
    high: float


def miou_interval(
    photos: Counts, *, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> Interval:
    """Measure mIoU over photos with the percentile interval of the bootstrap over photos.

    Each resample draws N photos with replacement, sums their confusion matrices and computes one
    mIoU over the labels that occur in it (Efron and Tibshirani, "An Introduction to the Bootstrap",
    1993, chapter 13). Photos are resampled rather than pixels, because the pixels of one photo are
    correlated. With few photos the interval is too narrow, since variation that is missing from
    the sample cannot be drawn.

    Args:
        photos: (N, L, L) int64, each photo's `ConfusionMatrix.matrix`.
        level: confidence level of the interval, in (0, 1).
        resamples: number of bootstrap resamples.
        seed: random seed; the same seed gives the same interval.

    Raises:
        ValueError: fewer than two photos, no pixel, or a level outside of (0, 1).
    """
    if len(photos) < 2 or not photos.any():
        raise ValueError("an interval wants two photos or more, and pixels with a truth")
    if not 0 < level < 1 or resamples < 1:
        raise ValueError(f"level must lie in (0, 1), not {level}, and resamples be 1 or more")
    rng = np.random.default_rng(seed)
    labels = photos.shape[-1]
    flat = photos.reshape(len(photos), -1).astype(np.float64)  # exact, and multiplied by BLAS
    found = np.empty(resamples)
    for index in range(resamples):
        times = np.bincount(rng.integers(0, len(photos), len(photos)), minlength=len(photos))
        drawn = (times @ flat).astype(np.int64).reshape(labels, labels)
        found[index] = mean_of_known(iou_of(drawn))
    low, high = np.nanquantile(found, [(1 - level) / 2, (1 + level) / 2])
    miou = float(mean_of_known(iou_of(photos.sum(axis=0))))
    return Interval(miou=miou, low=float(low), high=float(high))
