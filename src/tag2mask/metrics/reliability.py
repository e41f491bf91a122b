"""Calibration of a network's probabilities: reliability diagrams and calibration errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tag2mask.core.contracts import IGNORE
from tag2mask.metrics.confusion import Counts, Figures, check_labels

Probabilities = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.float64]


class Reliability:
    """Confidence versus accuracy of single pixels, in bins of equal width.

    Guo et al., ICML 2017, "On Calibration of Modern Neural Networks", section 2: a pixel's
    confidence is its largest probability, and bin m of M contains confidences in
    ((m - 1) / M, m / M]. Only three numbers are stored per bin.
    """

    def __init__(self, num_labels: int, bins: int = 15) -> None:
        """Initialise with zero counts.

        Args:
            num_labels: K + 1, the background included.
            bins: M, 1 or more.

        Raises:
            ValueError: `num_labels` or `bins` is less than 1.
        """
        if num_labels < 1 or bins < 1:
            raise ValueError(f"at least one label and one bin, not {num_labels} and {bins}")
        self.num_labels = num_labels
        # float32 like the probabilities: in float64 0.2 would lie above the edge 0.2.
        self._edges = (np.arange(1, bins) / bins).astype(np.float32)
        self._pixels: Counts = np.zeros(bins, np.int64)
        self._right: Counts = np.zeros(bins, np.int64)
        self._confidence: Figures = np.zeros(bins)

    def add(self, truth: NDArray[np.uint8], probabilities: Probabilities) -> None:
        """Count the pixels of one photo.

        Args:
            truth: (H, W) uint8, labels 0..K; 255 is ignored.
            probabilities: (num_labels, H, W) in 0..1, summing to 1 over the labels.

        Raises:
            ValueError: sizes do not fit, a label is out of range, or a probability is nan or
                outside of 0..1; the counts are then unchanged.
        """
        check_labels(truth)
        if probabilities.shape != (self.num_labels, *truth.shape):
            raise ValueError(f"probabilities are {probabilities.shape} for truth {truth.shape}")
        judged = truth != IGNORE
        if (truth[judged] >= self.num_labels).any():
            raise ValueError(f"a true label is neither below {self.num_labels} nor {IGNORE}")
        values = probabilities[:, judged].astype(np.float32, copy=False)
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError("probabilities must lie in 0..1")
        self._count(values.max(axis=0), values.argmax(axis=0) == truth[judged])

    def _count(self, confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> None:
        bins = len(self._pixels)
        at = np.searchsorted(self._edges, confidence, side="left")
        self._pixels += np.bincount(at, minlength=bins)
        self._right += np.bincount(at[right], minlength=bins)
        self._confidence += np.bincount(at, weights=confidence, minlength=bins)

    def merge(self, other: Reliability) -> None:
        """Add the counts of another `Reliability` with the same number of bins."""
        self._pixels += other._pixels
        self._right += other._right
        self._confidence += other._confidence

    @property
    def pixels(self) -> Counts:
        """(M,) int64, number of pixels per bin; a copy."""
        return self._pixels.copy()

    def confidence(self) -> Figures:
        """(M,) mean confidence per bin, 0..1; nan where the bin is empty."""
        return self._mean(self._confidence)

    def accuracy(self) -> Figures:
        """(M,) fraction of correct pixels per bin, 0..1; nan where the bin is empty."""
        return self._mean(self._right)

    def expected_error(self) -> float:
        """Expected calibration error (ECE), the pixel-weighted mean of |accuracy - confidence|.

        0..1; nan without pixels.
        """
        total = self._pixels.sum()
        apart = np.abs(self._right - self._confidence).sum()  # per bin, weighted by pixels
        return float(apart / total) if total else float("nan")

    def largest_error(self) -> float:
        """Maximum calibration error (MCE) over the bins, 0..1; nan without pixels."""
        apart = np.abs(self.accuracy() - self.confidence())
        return float(np.nanmax(apart)) if self._pixels.any() else float("nan")

    def _mean(self, sums: Counts | Figures) -> Figures:
        known = self._pixels > 0
        return np.where(known, sums / np.where(known, self._pixels, 1), np.nan)
