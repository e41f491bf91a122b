"""The class with the largest map at each pixel, and its value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tag2mask.metrics.threshold_index import Values


@dataclass(frozen=True)
class Winners:
    """The largest map at each pixel of a photo, which is sufficient for any threshold.

    Attributes:
        labels: (H, W) uint8, label of the largest map; 0 where the photo has no map.
        values: (H, W) float32, its value.
    """

    labels: NDArray[np.uint8]
    values: NDArray[np.float32]

    @classmethod
    def of(cls, maps: Values, classes: NDArray[np.int64]) -> Winners:
        """Find the largest map at each pixel.

        Args:
            maps: (k, H, W), one map per tag of the photo; k = 0 is all background.
            classes: (k,) 0-based class of each map; the label is one more. The first of equal
                maps wins.

        Raises:
            ValueError: the numbers of maps and classes differ.
        """
        if len(maps) != len(classes):
            raise ValueError(f"maps are {maps.shape} for {len(classes)} classes")
        size = maps.shape[1:]
        labels, values = np.zeros(size, np.uint8), np.zeros(size, np.float32)
        if len(classes):
            planes = np.ascontiguousarray(maps, np.float32).reshape(len(maps), -1)
            order = np.asarray(classes, np.int64) + 1
            _compete(planes, order.astype(np.uint8), labels.reshape(-1), values.reshape(-1))
        return cls(labels, values)

    def mask(self, threshold: float) -> NDArray[np.uint8]:
        """Return (H, W) uint8: the winner where above the threshold, else the background."""
        return np.where(self.values > np.float32(threshold), self.labels, np.uint8(0))


@njit(nogil=True, cache=True)
def _compete(
    planes: NDArray[np.float32], order: NDArray[np.uint8], labels: NDArray[np.uint8],
    values: NDArray[np.float32],
) -> None:
    for i in range(labels.size):
        best = 0
        for k in range(1, len(planes)):
            if planes[k, i] > planes[best, i]:
                best = k
        labels[i], values[i] = order[best], planes[best, i]
