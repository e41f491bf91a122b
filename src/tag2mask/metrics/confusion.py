"""Confusion matrix over pixels, and the scores derived from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tag2mask.core.contracts import IGNORE

Counts = NDArray[np.int64]
Figures = NDArray[np.float64]


class ConfusionMatrix:
    """Counts of (true label, predicted label) over the pixels of many masks.

    Pixels whose truth is 255 are never counted. A predicted 255 ("undecided", used by pseudo masks
    between their confidence bands) is not a label; it is always counted in `undecided`, and
    `ignore_prediction` controls whether it also counts as an error.
    """

    def __init__(self, num_labels: int, *, ignore_prediction: bool = True) -> None:
        """Initialise with zero counts.

        Args:
            num_labels: K + 1, the background included.
            ignore_prediction: True excludes undecided pixels from every score, so that a pseudo
                mask is judged only on its decided pixels (report `undecided_share` as well). False
                counts each of them as an error for its true label, and for that label only.

        Raises:
            ValueError: `num_labels` is not 1 to 255.
        """
        if not 1 <= num_labels <= IGNORE:
            raise ValueError(f"num_labels must be 1 to {IGNORE}, not {num_labels}")
        self.num_labels = num_labels
        self.ignore_prediction = ignore_prediction
        self._known = np.append(np.arange(num_labels), IGNORE)
        self._counts: Counts = np.zeros((num_labels, num_labels + 1), np.int64)

    def add(self, truth: NDArray[np.uint8], prediction: NDArray[np.uint8]) -> None:
        """Count the pixels of one photo.

        Args:
            truth: (H, W) uint8, labels 0..K or 255.
            prediction: (H, W) uint8, labels 0..K or 255.

        Raises:
            ValueError: the shapes differ, a dtype is not uint8, or a label is out of range;
                the counts are then unchanged.
        """
        if truth.shape != prediction.shape:
            raise ValueError(f"truth is {truth.shape} but prediction is {prediction.shape}")
        check_labels(truth, prediction)
        # One byte per label: a pair is a 16-bit number, and all pairs fit in one small histogram.
        pairs = truth.astype(np.uint16) << 8 | prediction
        table = np.bincount(pairs.ravel(), minlength=1 << 16).reshape(256, 256)
        known = table[np.ix_(self._known, self._known)]
        if known.sum() != truth.size:
            raise ValueError(f"a label is neither below {self.num_labels} nor {IGNORE}")
        self._counts += known[:-1]

    def merge(self, other: ConfusionMatrix) -> None:
        """Add the counts of another `ConfusionMatrix` with the same number of labels."""
        self._counts += other._counts

    @property
    def matrix(self) -> Counts:
        """(num_labels, num_labels) int64, rows truth, columns prediction; a copy."""
        return self._counts[:, :-1].copy()

    @property
    def undecided(self) -> Counts:
        """(num_labels,) int64: number of pixels predicted as 255 per true label; a copy."""
        return self._counts[:, -1].copy()

    @property
    def undecided_share(self) -> float:
        """Fraction of undecided pixels among those with a truth, 0..1; nan without pixels."""
        return _ratio(self._counts[:, -1].sum(), self._counts.sum())

    def iou(self) -> Figures:
        """(num_labels,) float64, intersection over union, 0..1; nan where a label never occurs."""
        return iou_of(self.matrix, missed=self._missed())

    def miou(self) -> float:
        """Mean of `iou` over the labels that occur, 0..1; nan if none occurs."""
        return float(mean_of_known(self.iou()))

    def precision_recall_foreground(self) -> tuple[float, float]:
        """Precision and recall of the foreground, class-aware, each 0..1.

        A foreground pixel is correct only if it has its own class. Precision divides the number of
        correct pixels by those predicted as foreground, recall by the true foreground pixels; nan
        for 0/0.
        """
        right = np.trace(self._counts[1:, 1:-1])
        truly = self._counts[1:, :-1].sum() + self._missed()[1:].sum()
        return _ratio(right, self._counts[:, 1:-1].sum()), _ratio(right, truly)

    def _missed(self) -> Counts:
        undecided = self.undecided
        return np.zeros_like(undecided) if self.ignore_prediction else undecided


def check_labels(*masks: NDArray[np.uint8]) -> None:
    """Raise ValueError unless every mask is uint8."""
    for mask in masks:
        if mask.dtype != np.uint8:
            raise ValueError(f"masks must be uint8, not {mask.dtype}")


def iou_of(matrix: Counts, *, missed: Counts | int = 0) -> Figures:
    """Compute the intersection over union of each label.

    Args:
        matrix: (..., L, L) counts, rows truth, columns prediction.
        missed: (..., L) additional pixels of each true label that were predicted as no label.

    Returns:
        (..., L) float64 in 0..1, nan for labels in neither the truth nor the prediction.
    """
    right = np.diagonal(matrix, axis1=-2, axis2=-1).astype(np.float64)
    union = matrix.sum(axis=-1) + matrix.sum(axis=-2) + missed - right
    known = union > 0
    return np.where(known, right / np.where(known, union, 1), np.nan)


def mean_of_known(figures: Figures) -> Figures:
    """Average over the last axis, ignoring nan; nan (without a warning) where all are nan."""
    known = ~np.isnan(figures)
    number = known.sum(axis=-1)
    total = np.where(known, figures, 0).sum(axis=-1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _ratio(part: np.int64, whole: np.int64) -> float:
    return float(part / whole) if whole else float("nan")
