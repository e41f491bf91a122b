"""The two standard localisation scores over the maps of all classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tag2mask.core.contracts import IGNORE
from tag2mask.metrics.component_boxes import component_boxes
from tag2mask.metrics.confusion import Figures, mean_of_known
from tag2mask.metrics.localisation import MaxBoxAccuracy, PixelPrecision
from tag2mask.metrics.threshold_index import Values

SIDE = 256
"""Long side of the maps that boxes are extracted from, in pixels; 224 in the paper."""


class MapLocalisation:
    """MaxBoxAccV2 and PxAP of the maps of a photo's own tags (Choe et al., CVPR 2020).

    Each map is first scaled to 0..1 by its own minimum and maximum, as in the paper. If the truth
    does not contain the class of a map, there is no box to match, but the pixels count. Boxes are
    extracted from every n-th row and column, so that at most `SIDE` remain.

    Attributes:
        boxes: score over all maps together. The true boxes are those of the mask's components.
        pixels: one score per class, with its photos pooled.
    """

    def __init__(self, num_classes: int) -> None:
        """Initialise with zero counts."""
        self.boxes = MaxBoxAccuracy()
        self.pixels = [PixelPrecision() for _ in range(num_classes)]

    def add(
        self, truth: NDArray[np.uint8], maps: Values, classes: NDArray[np.int64]
    ) -> None:
        """Count one photo.

        Args:
            truth: (H, W) uint8, labels 0..K; 255 is excluded from PxAP and from boxes.
            maps: (k, H, W).
            classes: (k,) 0-based class of each map.
        """
        judged, step = truth != IGNORE, -(-max(truth.shape) // SIDE)
        for plane, index in zip(maps, classes, strict=True):
            there = truth == index + 1
            scaled = _scaled(plane)
            self.pixels[index].add(scaled, there, judged)
            if there.any():
                boxes = component_boxes(there)
                boxes = np.hstack([boxes[:, :2] // step, -(-boxes[:, 2:] // step)])
                self.boxes.add(scaled[::step, ::step], boxes)

    def merge(self, other: MapLocalisation) -> None:
        """Add the counts of another `MapLocalisation`."""
        self.boxes.merge(other.boxes)
        for own, more in zip(self.pixels, other.pixels, strict=True):
            own.merge(more)

    def precision(self) -> Figures:
        """(K,) PxAP of each class, 0..1; nan where the class is not in the truth."""
        return np.array([own.score() for own in self.pixels])

    def mean_precision(self) -> float:
        """Mean of `precision` over the classes that occur, 0..1; nan if none occurs."""
        return float(mean_of_known(self.precision()))

    def pooled_precision(self) -> float:
        """PxAP with the pixels of all maps pooled over classes, as in the paper's own code."""
        pooled = PixelPrecision()
        for own in self.pixels:
            pooled.merge(own)
        return pooled.score()


def _scaled(plane: Values) -> NDArray[np.float32]:
    values = plane.astype(np.float32, copy=False)
    low, high = values.min(), values.max()
    scaled: NDArray[np.float32] = (values - low) / max(high - low, np.float32(1e-12))
    return scaled
