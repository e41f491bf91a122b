"""All scores of one kind of mask, computed in one pass over the photos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tag2mask.metrics.boundary import BoundaryScores, edge_band
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.metrics.size_bins import SizeBinnedIoU
from tag2mask.metrics.trimap import TrimapBands, band_of

WIDTHS = (2, 4, 8, 16)
"""Widths of the bands along true outlines, in pixels."""


@dataclass(frozen=True)
class Truth:
    """The true mask of a photo, with precomputed outline bands and edges.

    Attributes:
        labels: (H, W) uint8, 0..K or 255.
        bands: (H, W) uint8, index in `WIDTHS` of the narrowest band that contains each pixel.
        edge: (H, W) bool, pixels near an edge as defined for boundary IoU.
    """

    labels: NDArray[np.uint8]
    bands: NDArray[np.uint8]
    edge: NDArray[np.bool_]

    @classmethod
    def of(cls, labels: NDArray[np.uint8]) -> Truth:
        """Compute the outline bands and edges of labels (H, W)."""
        return cls(labels, band_of(labels, WIDTHS), edge_band(labels))


class MaskScores:
    """Confusion matrix, boundary IoU, outline bands and size bins; see the class of each.

    Attributes:
        confusion: confusion matrix of the labels; 255 in a mask is excluded.
        boundary: boundary IoU per class and photo.
        trimap: mIoU within `WIDTHS` pixels of the true outlines.
        sizes: IoU by object size.
    """

    def __init__(self, num_labels: int) -> None:
        """Initialise with zero counts; `num_labels` is K + 1, the background included."""
        self.confusion = ConfusionMatrix(num_labels)
        self.boundary = BoundaryScores(num_labels)
        self.trimap = TrimapBands(num_labels, WIDTHS)
        self.sizes = SizeBinnedIoU(num_labels)

    def add(self, truth: Truth, mask: NDArray[np.uint8]) -> None:
        """Count one photo's mask, (H, W) uint8, labels 0..K or 255.

        Raises:
            ValueError: the shapes differ or a label is out of range.
        """
        photo = ConfusionMatrix(self.confusion.num_labels)
        photo.add(truth.labels, mask)
        self.confusion.merge(photo)
        self.sizes.add_photo(photo)
        self.boundary.add(truth.labels, mask, truth.edge)
        self.trimap.add(truth.labels, mask, truth.bands)

    def merge(self, other: MaskScores) -> None:
        """Add the counts of another `MaskScores`."""
        self.confusion.merge(other.confusion)
        self.boundary.merge(other.boundary)
        self.trimap.merge(other.trimap)
        self.sizes.merge(other.sizes)
