"""IoU by object size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tag2mask.metrics.confusion import ConfusionMatrix, Counts, Figures, mean_of_known

EDGES = (0.02, 0.1, 0.3)
"""Boundaries between the size bins, as fractions of the photo's area."""


class SizeBinnedIoU:
    """IoU per class and size bin, over the photos in which the class has that size.

    The size is the fraction of the photo's pixels with a truth that the class covers with all its
    objects. Intersections and unions are summed over the photos of a bin, as in IoU over all
    photos. A photo without a class belongs to none of its bins, so false positives there do not
    count; they only affect the overall IoU.
    """

    def __init__(self, num_labels: int, edges: Sequence[float] = EDGES) -> None:
        """Initialise with zero counts.

        Args:
            num_labels: K + 1, the background included.
            edges: (E,) ascending fractions, each in (0, 1); a bin includes its lower edge.

        Raises:
            ValueError: the edges are not ascending or not in (0, 1), or `num_labels` is not 1 to
                255.
        """
        self.edges: Figures = np.asarray(edges, np.float64)
        if (np.diff(self.edges, prepend=0, append=1) <= 0).any():
            raise ValueError("edges must be shares between 0 and 1 in ascending order")
        self.num_labels = ConfusionMatrix(num_labels).num_labels
        shape = len(self.edges) + 1, num_labels - 1
        self._shared: Counts = np.zeros(shape, np.int64)
        self._union: Counts = np.zeros(shape, np.int64)
        self._photos: Counts = np.zeros(shape, np.int64)

    def add(self, truth: NDArray[np.uint8], prediction: NDArray[np.uint8]) -> None:
        """Count the pixels of one photo.

        Args:
            truth: (H, W) uint8, labels 0..K or 255, which is ignored.
            prediction: (H, W) uint8, labels 0..K or 255; 255 is excluded from intersection and
                union.

        Raises:
            ValueError: the shapes differ, a dtype is not uint8, or a label is out of range.
        """
        photo = ConfusionMatrix(self.num_labels)
        photo.add(truth, prediction)
        self.add_photo(photo)

    def add_photo(self, photo: ConfusionMatrix) -> None:
        """Count one photo, given its confusion matrix."""
        matrix = photo.matrix
        pixels = matrix.sum(axis=1) + photo.undecided
        there = 1 + np.flatnonzero(pixels[1:])
        at = np.searchsorted(self.edges, pixels[there] / pixels.sum(), side="right"), there - 1
        shared = np.diagonal(matrix)
        self._shared[at] += shared[there]
        self._union[at] += (matrix.sum(axis=0) + matrix.sum(axis=1) - shared)[there]
        self._photos[at] += 1

    def merge(self, other: SizeBinnedIoU) -> None:
        """Add the counts of another `SizeBinnedIoU` with the same edges."""
        self._shared += other._shared
        self._union += other._union
        self._photos += other._photos

    @property
    def photos(self) -> Counts:
        """(E + 1, K) int64, number of photos that contain the class at that size; a copy."""
        return self._photos.copy()

    def iou(self) -> Figures:
        """(E + 1, K) float64, 0..1, smallest first, without the background; nan for empty bins."""
        known = self._union > 0
        return np.where(known, self._shared / np.where(known, self._union, 1), np.nan)

    def miou(self) -> Figures:
        """(E + 1,) float64, mean of `iou` over the classes that occur at each size."""
        return mean_of_known(self.iou())
