"""mIoU for every background threshold, computed in one pass over the photos."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tag2mask.core.contracts import IGNORE
from tag2mask.metrics.confusion import Counts, Figures, check_labels, iou_of, mean_of_known
from tag2mask.metrics.threshold_index import Levels, ThresholdIndex, Values
from tag2mask.metrics.winners import Winners


class ThresholdCurve:
    """mIoU as a function of the background threshold, for all thresholds at once.

    At threshold t a pixel gets the class with the largest map value if that value is greater than
    t, otherwise the background. Neither the winning class nor its value depends on t, so each pixel
    is counted once by (truth, winner, number of thresholds that its value exceeds), and cumulative
    sums give the confusion matrices.
    """

    def __init__(self, num_labels: int, thresholds: Sequence[float] | Figures) -> None:
        """Initialise with zero counts.

        Args:
            num_labels: K + 1, the background included.
            thresholds: (T,) ascending, in the unit of the maps.

        Raises:
            ValueError: the thresholds are empty, not ascending, or repeated.
        """
        self._index = ThresholdIndex(thresholds)
        self.thresholds: Figures = np.asarray(thresholds, np.float64)
        self.num_labels = num_labels
        shape = num_labels, num_labels, self.thresholds.size + 1
        self._counts: Counts = np.zeros(shape, np.int64)

    def add(self, truth: NDArray[np.uint8], maps: Values, classes: NDArray[np.int64]) -> None:
        """Count the pixels of one photo.

        Args:
            truth: (H, W) uint8, labels 0..K; 255 is ignored.
            maps: (k, H, W), one map per tag of the photo; k = 0 is all background.
            classes: (k,) 0-based class of each map; the label is one more.

        Raises:
            ValueError: sizes do not fit or a label is out of range; nothing is counted then.
        """
        self._check(truth, maps, classes)
        self.add_winners(truth, Winners.of(maps, classes))

    def add_winners(self, truth: NDArray[np.uint8], winners: Winners) -> None:
        """Count the pixels of one photo, given the largest map of each pixel.

        Args:
            truth: (H, W) uint8, labels 0..K; 255 is ignored.
            winners: labels (H, W) in 0..K, with their values.

        Raises:
            ValueError: sizes do not fit or a label is out of range; nothing is counted then.
        """
        check_labels(truth)
        if truth.shape != winners.labels.shape:
            raise ValueError(f"winners are {winners.labels.shape}, truth {truth.shape}")
        exceeded = self._index.exceeded(winners.values)
        counts = np.zeros_like(self._counts)
        if not _tally(truth.ravel(), winners.labels.ravel(), exceeded.ravel(), counts):
            raise ValueError(f"a label is neither below {self.num_labels} nor {IGNORE}")
        self._counts += counts

    def merge(self, other: ThresholdCurve) -> None:
        """Add the counts of another `ThresholdCurve` with the same thresholds."""
        self._counts += other._counts

    def confusions(self) -> Counts:
        """(T, num_labels, num_labels) int64, rows truth, columns prediction."""
        # The foreground at threshold i consists of the pixels that exceed more than i thresholds.
        below = self._counts.cumsum(axis=-1)
        above = below[..., -1:] - below[..., :-1]
        above[:, 0] += below[..., :-1].sum(axis=1)
        return np.moveaxis(above, -1, 0)

    def confusion(self, index: int) -> Counts:
        """(num_labels, num_labels) int64 at `thresholds[index]`, rows truth."""
        matrix: Counts = self.confusions()[index]
        return matrix

    def iou(self) -> Figures:
        """(T, num_labels) float64 in 0..1, nan where a label never occurs."""
        return iou_of(self.confusions())

    def miou(self) -> Figures:
        """(T,) float64 in 0..1, each the mean over the labels that occur at that threshold."""
        return mean_of_known(self.iou())

    def area(self) -> float:
        """Area under `miou` from the first to the last threshold, divided by their distance: 0..1.

        Values between thresholds are interpolated linearly; nan without pixels or with a single
        threshold.
        """
        steps, miou = np.diff(self.thresholds), self.miou()
        return float((steps * (miou[1:] + miou[:-1]) / 2).sum() / steps.sum()) if steps.size \
            else float("nan")

    def best(self) -> tuple[int, float, float]:
        """Return index, threshold and mIoU of the best threshold (the lowest of equally good ones).

        The choice uses the truth, so it is an oracle and must not be a report's main result.

        Raises:
            ValueError: no pixel has been counted.
        """
        miou = self.miou()
        if np.isnan(miou).all():
            raise ValueError("no pixel with a truth has been added")
        index = int(np.nanargmax(miou))
        return index, float(self.thresholds[index]), float(miou[index])

    def _check(self, truth: NDArray[np.uint8], maps: Values, classes: NDArray[np.int64]) -> None:
        check_labels(truth)
        if maps.shape != (len(classes), *truth.shape):
            raise ValueError(f"maps are {maps.shape} for {len(classes)} classes, {truth.shape}")
        if ((truth >= self.num_labels) & (truth != IGNORE)).any():
            raise ValueError(f"a true label is neither below {self.num_labels} nor {IGNORE}")
        if len(classes) and (min(classes) < 0 or max(classes) + 2 > self.num_labels):
            raise ValueError(f"classes must be 0 to {self.num_labels - 2}, not {list(classes)}")


@njit(nogil=True, cache=True)
def _tally(
    truth: NDArray[np.uint8], winners: NDArray[np.uint8], exceeded: Levels, counts: Counts
) -> bool:
    """Count pixels by truth, winner and thresholds; return whether all truths were valid."""
    for i in range(truth.size):
        if truth[i] < counts.shape[0] and winners[i] < counts.shape[1]:
            counts[truth[i], winners[i], exceeded[i]] += 1
        elif truth[i] != IGNORE:
            return False
    return True
