"""Scores of weakly supervised localisation for the map of one class.

Choe et al., CVPR 2020, "Evaluating Weakly Supervised Object Localization Methods Right": both
scores use all thresholds of the map, so that a method is not judged by one fortunate threshold.
Maps are used unchanged; the paper first scales each to 0..1 by its own minimum and maximum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tag2mask.metrics.component_boxes import best_overlaps
from tag2mask.metrics.confusion import Counts, Figures
from tag2mask.metrics.threshold_index import Levels, ThresholdIndex, Values

THRESHOLDS = np.linspace(0, 1, 101)
OVERLAPS = (0.3, 0.5, 0.7)
"""Box IoUs over which the paper averages."""


class MaxBoxAccuracy:
    """MaxBoxAccV2: fraction of maps with a box that matches a true box, at the best threshold.

    At each threshold a map has one box around every 8-connected component of the pixels that reach
    the threshold. The map is correct at an IoU if any of these boxes overlaps any true box with at
    least that IoU; if no pixel reaches the threshold, it is wrong.
    """

    def __init__(
        self, thresholds: Sequence[float] | Figures = THRESHOLDS,
        overlaps: Sequence[float] = OVERLAPS,
    ) -> None:
        """Initialise with zero counts.

        Args:
            thresholds: (T,) ascending, in the unit of the maps.
            overlaps: (D,) IoUs of boxes, 0 to 1.

        Raises:
            ValueError: the thresholds are empty, not ascending, or repeated.
        """
        self._index = ThresholdIndex(thresholds)
        self.overlaps: Figures = np.asarray(overlaps, np.float64)
        self._right: Counts = np.zeros((self._index.edges.size, self.overlaps.size), np.int64)
        self._maps = 0

    def add(self, scores: Values, boxes: NDArray[np.int64]) -> None:
        """Count the map of one class on one photo that contains it.

        Args:
            scores: (H, W).
            boxes: (B, 4) true boxes: top, left, bottom, right in pixels, the latter two exclusive;
                `component_boxes` computes them from a mask.

        Raises:
            ValueError: `boxes` is empty, or a box contains no pixel of the photo.
        """
        found = best_overlaps(_levels(scores, self._index), self._index.edges.size, boxes)
        self._right += found[:, None] >= self.overlaps
        self._maps += 1

    def merge(self, other: MaxBoxAccuracy) -> None:
        """Add the counts of another `MaxBoxAccuracy` with the same thresholds and IoUs."""
        self._right += other._right
        self._maps += other._maps

    def accuracies(self) -> Figures:
        """(T, D) fraction of maps that are correct, 0..1; nan without maps."""
        return self._right / self._maps if self._maps else np.full(self._right.shape, np.nan)

    def score(self) -> float:
        """Mean over the IoUs of the best accuracy over the thresholds, 0..1."""
        return float(self.accuracies().max(axis=0).mean())


class PixelPrecision:
    """PxAP: area under the precision-recall steps of single pixels, all photos pooled.

    One step per threshold, without interpolation, as in the paper; if the thresholds contain every
    value of the maps, this equals `average_precision` of all pixels.
    """

    def __init__(self, thresholds: Sequence[float] | Figures = THRESHOLDS) -> None:
        """Initialise with zero counts.

        Args:
            thresholds: (T,) ascending, in the unit of the maps.

        Raises:
            ValueError: the thresholds are empty, not ascending, or repeated.
        """
        self._index = ThresholdIndex(thresholds)
        self._counts: Counts = np.zeros((2, self._index.edges.size + 1), np.int64)

    def add(
        self, scores: Values, there: NDArray[np.bool_], judged: NDArray[np.bool_] | None = None
    ) -> None:
        """Count the pixels of one class's map on one photo.

        Args:
            scores: (H, W).
            there: (H, W), the true mask of the class.
            judged: (H, W), the pixels to count; all by default.

        Raises:
            ValueError: the shapes differ.
        """
        judged = np.ones(there.shape, bool) if judged is None else judged
        if not scores.shape == there.shape == judged.shape:
            raise ValueError(f"scores {scores.shape}, truth {there.shape}, judged {judged.shape}")
        _tally(_levels(scores, self._index).ravel(), there.ravel(), judged.ravel(), self._counts)

    def merge(self, other: PixelPrecision) -> None:
        """Add the counts of another `PixelPrecision` with the same thresholds."""
        self._counts += other._counts

    def precision_recall(self) -> tuple[Figures, Figures]:
        """(T,) precision and (T,) recall of "score >= threshold", 0..1, nan for 0/0."""
        absent, found = self._counts[:, ::-1].cumsum(1)[:, -2::-1]
        taken, truly = absent + found, self._counts[1].sum()
        with np.errstate(invalid="ignore"):
            return found / taken, found / truly

    def score(self) -> float:
        """Sum of (increase in recall) x (precision), highest threshold first; nan without truth.

        Pixels that score less than every threshold never contribute.
        """
        precision, recall = (values[::-1] for values in self.precision_recall())
        return float((np.diff(recall, prepend=0) * np.nan_to_num(precision)).sum())


def _levels(scores: Values, index: ThresholdIndex) -> Levels:
    """Return the number of thresholds that each value reaches.

    Raises:
        ValueError: a value is nan.
    """
    if np.isnan(scores).any():
        raise ValueError("a map has nan")
    return index.reached(scores)


@njit(nogil=True, cache=True)
def _tally(
    levels: Levels, there: NDArray[np.bool_], judged: NDArray[np.bool_], counts: Counts
) -> None:
    """Count the judged pixels by presence of the class and by the number of thresholds reached."""
    for i in range(levels.size):
        if judged[i]:
            counts[int(there[i]), levels[i]] += 1
