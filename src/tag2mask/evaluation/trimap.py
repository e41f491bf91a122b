"""How good masks are close to the true outlines, where the labels are hard to tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tag2mask.evaluation.confusion import ConfusionMatrix, Counts, Figures, iou_of, mean_of_known


class TrimapBands:
    """mIoU within bands along the true outlines, one figure per width.

    From Kohli, Ladicky and Torr, IJCV 2009 ("Robust Higher Order Potentials"), as the DeepLab
    papers report it. An outline pixel has another label above, below, left or right of it; the
    band of width w are the pixels less than w away from an outline pixel, centre to centre, so
    width 1 is the outline itself, one pixel on each side. The photo's rim is no outline. 255 is a
    label here, since data sets draw it along the outlines: bands begin on its both sides, and it
    is never counted itself.
    """

    def __init__(self, num_labels: int, widths: Sequence[int]) -> None:
        """Start with nothing counted.

        Args:
            num_labels: K + 1, the background included.
            widths: (W,) ascending, in pixels, 1 or more.

        Raises:
            ValueError: the widths are none, not ascending or not positive, or `num_labels` is not
                1 to 255.
        """
        steps = np.diff(np.asarray(widths, np.int64), prepend=0)
        if not steps.size or (steps <= 0).any():
            raise ValueError("widths must be a list in ascending order, 1 or more")
        self.widths = tuple(int(width) for width in widths)
        self._tables = [ConfusionMatrix(num_labels) for _ in self.widths]

    def add(self, truth: NDArray[np.uint8], prediction: NDArray[np.uint8]) -> None:
        """Count the pixels of one photo.

        Args:
            truth: (H, W) uint8, labels 0..K or 255.
            prediction: (H, W) uint8, labels 0..K or 255; its 255 is left out.

        Raises:
            ValueError: the shapes differ, a dtype is not uint8, or a label within the widest band
                is out of range; nothing has been counted then.
        """
        if truth.shape != prediction.shape:
            raise ValueError(f"truth is {truth.shape} but prediction is {prediction.shape}")
        distance = _squared_distance(_outlines(truth), self.widths[-1])
        # The widest first: it holds all the others, so it refuses before anything is counted.
        for width, table in reversed(list(zip(self.widths, self._tables, strict=True))):
            within = distance < width * width
            table.add(truth[within], prediction[within])

    def confusions(self) -> Counts:
        """(W, num_labels, num_labels) int64, rows truth, columns prediction."""
        return np.stack([table.matrix for table in self._tables])

    def iou(self) -> Figures:
        """(W, num_labels) float64 in 0..1, nan where a label never occurs in a band."""
        return iou_of(self.confusions())

    def miou(self) -> Figures:
        """(W,) float64 in 0..1, each the mean over the labels that occur in that band."""
        return mean_of_known(self.iou())


def _outlines(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Mark the pixels with another label above, below, left or right."""
    found = np.zeros(labels.shape, bool)
    for one, other, change in (
        (found[1:], found[:-1], labels[1:] != labels[:-1]),
        (found[:, 1:], found[:, :-1], labels[:, 1:] != labels[:, :-1]),
    ):
        one |= change
        other |= change
    return found


def _squared_distance(points: NDArray[np.bool_], reach: int) -> NDArray[np.int64]:
    """(H, W) squared distances to the nearest point, right below `reach` ** 2, else not smaller.

    A point's distance is one step along a row and one along a column; the nearest point of each
    column is looked up first, then the columns nearer than `reach` compete.
    """
    height, width = points.shape
    rows = np.arange(height)[:, None]
    above = np.maximum.accumulate(np.where(points, rows, -reach), axis=0)
    below = np.minimum.accumulate(np.where(points, rows, height + reach)[::-1], axis=0)[::-1]
    column = np.minimum(rows - above, below - rows) ** 2
    nearest = column.copy()
    for away in range(1, min(reach, width)):
        for here, there in ((slice(away, None), slice(-away)), (slice(-away), slice(away, None))):
            np.minimum(nearest[:, here], column[:, there] + away * away, out=nearest[:, here])
    return nearest
