"""What every background threshold would have given, from one pass over the photos."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tag2mask.contracts import IGNORE
from tag2mask.evaluation.confusion import Counts, Figures, check_labels, iou_of, mean_of_known

Maps = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.float64]


class ThresholdCurve:
    """mIoU against the background threshold, for all thresholds at once.

    At threshold t a pixel takes the class with the largest map value where that value is greater
    than t, else the background. Neither the winning class nor its value depends on t, so it is
    enough to count each pixel once by (truth, winner, how many thresholds its value exceeds) and
    to sum those counts up afterwards.
    """

    def __init__(self, num_labels: int, thresholds: Sequence[float] | Figures) -> None:
        """Start with nothing counted.

        Args:
            num_labels: K + 1, the background included.
            thresholds: (T,) ascending, in the unit of the maps.

        Raises:
            ValueError: the thresholds are none, not ascending, or repeated.
        """
        # float32 like the maps: in float64 a value of 0.2 would "exceed" the threshold 0.2.
        self._edges = np.asarray(thresholds, np.float32)
        if self._edges.ndim != 1 or not self._edges.size or (np.diff(self._edges) <= 0).any():
            raise ValueError("thresholds must be a list in ascending order, without repeats")
        self.thresholds: Figures = np.asarray(thresholds, np.float64)
        self.num_labels = num_labels
        self._counts: Counts = np.zeros((num_labels, num_labels, self._edges.size + 1), np.int64)

    def add(self, truth: NDArray[np.uint8], maps: Maps, classes: NDArray[np.int64]) -> None:
        """Count the pixels of one photo.

        Args:
            truth: (H, W) uint8, labels 0..K; 255 is left out.
            maps: (k, H, W), one map per tag of the photo; k = 0 is all background.
            classes: (k,) 0-based class of each map; the label is one more.

        Raises:
            ValueError: sizes do not fit or a label is out of range; nothing is counted then.
        """
        self._check(truth, maps, classes)
        judged = truth != IGNORE
        winner, exceeded = self._compete(maps[:, judged], classes)
        shape = self._counts.shape
        cells = np.ravel_multi_index((truth[judged].astype(np.intp), winner, exceeded), shape)
        self._counts += np.bincount(cells, minlength=self._counts.size).reshape(shape)

    def confusions(self) -> Counts:
        """(T, num_labels, num_labels) int64, rows truth, columns prediction."""
        # Foreground at threshold i are the pixels that exceed more than i thresholds.
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

    def best(self) -> tuple[int, float, float]:
        """Index, threshold and mIoU of the best one (the lowest, when several are).

        Chosen by looking at the truth, hence an oracle: never the headline of a report.

        Raises:
            ValueError: no pixel has been counted.
        """
        miou = self.miou()
        if np.isnan(miou).all():
            raise ValueError("no pixel with a truth has been added")
        index = int(np.nanargmax(miou))
        return index, float(self.thresholds[index]), float(miou[index])

    def _compete(self, maps: Maps, classes: NDArray[np.int64]) -> tuple[Counts, Counts]:
        if not len(classes):
            nothing = np.zeros(maps.shape[1], np.int64)
            return nothing, nothing
        values = maps.astype(np.float32, copy=False)
        winner = values.argmax(axis=0)
        highest = np.take_along_axis(values, winner[None], axis=0)[0]
        labels = np.asarray(classes, np.int64) + 1
        return labels[winner], np.searchsorted(self._edges, highest, side="left").astype(np.int64)

    def _check(self, truth: NDArray[np.uint8], maps: Maps, classes: NDArray[np.int64]) -> None:
        check_labels(truth)
        if maps.shape != (len(classes), *truth.shape):
            raise ValueError(f"maps are {maps.shape} for {len(classes)} classes, {truth.shape}")
        if ((truth >= self.num_labels) & (truth != IGNORE)).any():
            raise ValueError(f"a true label is neither below {self.num_labels} nor {IGNORE}")
        if len(classes) and (min(classes) < 0 or max(classes) + 2 > self.num_labels):
            raise ValueError(f"classes must be 0 to {self.num_labels - 2}, not {list(classes)}")
