"""How good masks are close to the true outlines, where the labels are hard to tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tag2mask.core.contracts import IGNORE
from tag2mask.metrics.confusion import (
    ConfusionMatrix,
    Counts,
    Figures,
    check_labels,
    iou_of,
    mean_of_known,
)


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
        labels = ConfusionMatrix(num_labels).num_labels
        self._counts: Counts = np.zeros((len(self.widths), labels, labels), np.int64)

    def add(
        self, truth: NDArray[np.uint8], prediction: NDArray[np.uint8],
        bands: NDArray[np.uint8] | None = None,
    ) -> None:
        """Count the pixels of one photo.

        Args:
            truth: (H, W) uint8, labels 0..K or 255.
            prediction: (H, W) uint8, labels 0..K or 255; its 255 is left out.
            bands: `band_of(truth, widths)`, where that is known already.

        Raises:
            ValueError: the shapes differ, a dtype is not uint8, or a label within the widest band
                is out of range; nothing has been counted then.
        """
        if truth.shape != prediction.shape:
            raise ValueError(f"truth is {truth.shape} but prediction is {prediction.shape}")
        check_labels(truth, prediction)
        bands = band_of(truth, self.widths) if bands is None else bands
        counts = np.zeros_like(self._counts)
        if not _tally(bands.ravel(), truth.ravel(), prediction.ravel(), counts):
            raise ValueError(f"a label is neither below {counts.shape[1]} nor {IGNORE}")
        self._counts += counts

    def merge(self, other: TrimapBands) -> None:
        """Add what another one of the same widths has counted."""
        self._counts += other._counts

    def confusions(self) -> Counts:
        """(W, num_labels, num_labels) int64, rows truth, columns prediction."""
        return self._counts.cumsum(axis=0)

    def iou(self) -> Figures:
        """(W, num_labels) float64 in 0..1, nan where a label never occurs in a band."""
        return iou_of(self.confusions())

    def miou(self) -> Figures:
        """(W,) float64 in 0..1, each the mean over the labels that occur in that band."""
        return mean_of_known(self.iou())


def band_of(truth: NDArray[np.uint8], widths: Sequence[int]) -> NDArray[np.uint8]:
    """Say which is the narrowest band that holds each pixel of (H, W); W where none does."""
    distance = _squared_distance(_outlines(truth), widths[-1])
    bands = np.zeros(truth.shape, np.uint8)
    for width in widths:
        bands += distance >= width * width
    return bands


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


def _squared_distance(points: NDArray[np.bool_], reach: int) -> NDArray[np.integer[Any]]:
    """(H, W) squared distances to the nearest point, right below `reach` ** 2, else not smaller.

    A point's distance is one step along a row and one along a column; the nearest point of each
    column is looked up first, then the columns nearer than `reach` compete. Short numbers, so
    that many are compared at once.
    """
    kind = np.int16 if 2 * reach**2 < 2**15 else np.int64
    column, width = np.empty(points.shape, kind), points.shape[1]
    _along_columns(points, reach, column)
    column *= column
    nearest, moved = column.copy(), np.empty_like(column)
    for away in range(1, min(reach, width)):
        np.add(column, kind(away * away), out=moved)
        np.minimum(nearest[:, away:], moved[:, :-away], out=nearest[:, away:])
        np.minimum(nearest[:, :-away], moved[:, away:], out=nearest[:, :-away])
    return nearest


@njit(nogil=True, cache=True)
def _along_columns(
    points: NDArray[np.bool_], reach: int, steps: NDArray[np.integer[Any]]
) -> None:
    """Count the steps to the nearest point above or below, at most `reach`."""
    height, width = points.shape
    for y in range(height):
        for x in range(width):
            above = steps[y - 1, x] + 1 if y else reach
            steps[y, x] = 0 if points[y, x] else min(reach, above)
    for y in range(height - 2, -1, -1):
        for x in range(width):
            steps[y, x] = min(steps[y, x], steps[y + 1, x] + 1)


@njit(nogil=True, cache=True)
def _tally(
    bands: NDArray[np.uint8], truth: NDArray[np.uint8], prediction: NDArray[np.uint8],
    counts: Counts,
) -> bool:
    """Count pairs of labels per band; say whether all of them were labels or 255."""
    for i in range(truth.size):
        if bands[i] >= counts.shape[0]:
            continue
        known = truth[i] < counts.shape[1] or truth[i] == IGNORE
        if not known or not (prediction[i] < counts.shape[1] or prediction[i] == IGNORE):
            return False
        if truth[i] != IGNORE and prediction[i] != IGNORE:
            counts[bands[i], truth[i], prediction[i]] += 1
    return True
