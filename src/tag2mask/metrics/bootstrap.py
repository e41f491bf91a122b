"""How sure an mIoU is that was measured on a few photos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tag2mask.metrics.confusion import Counts, iou_of, mean_of_known


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure, and between what it would lie on other photos of the kind; each 0..1."""

    miou: float
    low: float
    high: float


def miou_interval(
    photos: Counts, *, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> Interval:
    """Measure mIoU over photos with the percentile interval of the bootstrap over photos.

    Photos are drawn with replacement, as many as there are; their confusion matrices are added up,
    as for the figure itself, and each draw gives one mIoU over the labels that occur in it (Efron
    and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13). Pixels are not drawn:
    those of one photo are alike. A few photos give too narrow an interval, since what they do not
    show cannot be drawn.

    Args:
        photos: (N, L, L) int64, each photo's `ConfusionMatrix.matrix`.
        level: of the interval, in (0, 1).
        resamples: how often photos are drawn.
        seed: of the draws; the same seed gives the same interval.

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
