"""How well the map of one class says where it is: the scores of weakly supervised localisation.

Choe et al., CVPR 2020, "Evaluating Weakly Supervised Object Localization Methods Right": both look
at all thresholds of the map, so that a method is not judged by a lucky one. Maps are compared as
they are; the paper brings each to 0..1 by its own least and largest value first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tag2mask.evaluation.component_boxes import best_overlaps
from tag2mask.evaluation.confusion import Counts, Figures

THRESHOLDS = np.linspace(0, 1, 101)
OVERLAPS = (0.3, 0.5, 0.7)
"""The IoUs of boxes over which the paper takes the mean."""

Scores = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.float64]


class MaxBoxAccuracy:
    """MaxBoxAccV2: how often a map's box meets a true one, at the best threshold.

    At each threshold a map has one box around every 8-connected component of the pixels that score
    as much or more. The map is right at an IoU if any of these boxes meets any true box with that
    IoU or more; where nothing scores enough it is wrong.
    """

    def __init__(
        self, thresholds: Sequence[float] | Figures = THRESHOLDS,
        overlaps: Sequence[float] = OVERLAPS,
    ) -> None:
        """Start with nothing counted.

        Args:
            thresholds: (T,) ascending, in the unit of the maps.
            overlaps: (D,) IoUs of boxes, 0 to 1.

        Raises:
            ValueError: the thresholds are none, not ascending, or repeated.
        """
        self._edges = _ascending(thresholds)
        self.overlaps: Figures = np.asarray(overlaps, np.float64)
        self._right: Counts = np.zeros((self._edges.size, self.overlaps.size), np.int64)
        self._maps = 0

    def add(self, scores: Scores, boxes: NDArray[np.int64]) -> None:
        """Count the map of one class on one photo that shows it.

        Args:
            scores: (H, W).
            boxes: (B, 4) true ones: top, left, bottom, right in pixels, the latter two excluded;
                `component_boxes` reads them from a mask.

        Raises:
            ValueError: no box, or one without a pixel of the photo.
        """
        found = best_overlaps(_levels(scores, self._edges), self._edges.size, boxes)
        self._right += found[:, None] >= self.overlaps
        self._maps += 1

    def accuracies(self) -> Figures:
        """(T, D) share of maps that are right, 0..1; nan before any map."""
        return self._right / self._maps if self._maps else np.full(self._right.shape, np.nan)

    def score(self) -> float:
        """Best accuracy over the thresholds, each IoU with its own, and their mean: 0..1."""
        return float(self.accuracies().max(axis=0).mean())


class PixelPrecision:
    """PxAP: area under the precision-recall steps of single pixels, all photos pooled.

    One step per threshold, without interpolation, as in the paper; where the thresholds hold every
    value of the maps that is `average_precision` of all pixels.
    """

    def __init__(self, thresholds: Sequence[float] | Figures = THRESHOLDS) -> None:
        """Start with nothing counted.

        Args:
            thresholds: (T,) ascending, in the unit of the maps.

        Raises:
            ValueError: the thresholds are none, not ascending, or repeated.
        """
        self._edges = _ascending(thresholds)
        self._counts: Counts = np.zeros((2, self._edges.size + 1), np.int64)

    def add(
        self, scores: Scores, there: NDArray[np.bool_], judged: NDArray[np.bool_] | None = None
    ) -> None:
        """Count the pixels of one class's map on one photo.

        Args:
            scores: (H, W).
            there: (H, W), where the class truly is.
            judged: (H, W), which pixels count; all by default.

        Raises:
            ValueError: the shapes differ.
        """
        judged = np.ones(there.shape, bool) if judged is None else judged
        if not scores.shape == there.shape == judged.shape:
            raise ValueError(f"scores {scores.shape}, truth {there.shape}, judged {judged.shape}")
        cells = _levels(scores, self._edges)[judged] + self._counts.shape[1] * there[judged]
        self._counts += np.bincount(cells, minlength=self._counts.size).reshape(2, -1)

    def precision_recall(self) -> tuple[Figures, Figures]:
        """(T,) precision and (T,) recall of "score >= threshold", 0..1, nan for 0/0."""
        absent, found = self._counts[:, ::-1].cumsum(1)[:, -2::-1]
        taken, truly = absent + found, self._counts[1].sum()
        with np.errstate(invalid="ignore"):
            return found / taken, found / truly

    def score(self) -> float:
        """Sum of (recall gained) x (precision there), highest threshold first; nan without truth.

        What scores less than every threshold is never taken.
        """
        precision, recall = (values[::-1] for values in self.precision_recall())
        return float((np.diff(recall, prepend=0) * np.nan_to_num(precision)).sum())


def _ascending(thresholds: Sequence[float] | Figures) -> NDArray[np.float32]:
    # float32 like the maps: a value of 0.2 is to reach the threshold 0.2.
    edges = np.asarray(thresholds, np.float32)
    if edges.ndim != 1 or not edges.size or (np.diff(edges) <= 0).any():
        raise ValueError("thresholds must be a list in ascending order, without repeats")
    return edges


def _levels(scores: Scores, edges: NDArray[np.float32]) -> NDArray[np.int64]:
    """How many thresholds each value reaches.

    Raises:
        ValueError: a value is nan.
    """
    values = scores.astype(np.float32, copy=False)
    if np.isnan(values).any():
        raise ValueError("a map has nan")
    return np.searchsorted(edges, values, side="right").astype(np.int64)
