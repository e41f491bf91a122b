"""Scores of maps at every threshold, and of the masks at the chosen threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tag2mask.metrics.confusion import Figures
from tag2mask.metrics.mask_scores import MaskScores, Truth
from tag2mask.metrics.threshold_index import Values
from tag2mask.metrics.thresholds import ThresholdCurve
from tag2mask.metrics.winners import Winners


class CurveScores:
    """The threshold curve of some maps, and all scores of their masks at one threshold.

    Attributes:
        curve: mIoU at all thresholds, including the chosen one, so that the best is never worse.
        masks: scores of the masks at the chosen threshold.
        chosen: the chosen threshold.
    """

    def __init__(self, num_labels: int, grid: Figures, chosen: float) -> None:
        """Initialise with zero counts.

        Args:
            num_labels: K + 1, the background included.
            grid: (T,) thresholds, in the unit of the maps.
            chosen: threshold that the masks are made with.
        """
        self.chosen = chosen
        self.curve = ThresholdCurve(num_labels, _including(grid, chosen))
        self.masks = MaskScores(num_labels)

    def add(self, truth: Truth, maps: Values, classes: NDArray[np.int64]) -> None:
        """Count one photo.

        Args:
            truth: true mask of the photo, (H, W).
            maps: (k, H, W), one map per tag; k = 0 is all background.
            classes: (k,) 0-based class of each map.
        """
        winners = Winners.of(maps, classes)
        self.curve.add_winners(truth.labels, winners)
        self.masks.add(truth, winners.mask(self.chosen))

    def merge(self, other: CurveScores) -> None:
        """Add the counts of another `CurveScores` with the same thresholds."""
        self.curve.merge(other.curve)
        self.masks.merge(other.masks)


def _including(grid: Figures, chosen: float) -> Figures:
    return np.unique(np.append(grid, chosen).astype(np.float32)).astype(np.float64)
