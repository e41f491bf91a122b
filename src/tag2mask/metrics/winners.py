"""Which class has the largest map on a pixel, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tag2mask.metrics.threshold_index import Values


@dataclass(frozen=True)
class Winners:
    """What is left of the maps of a photo, whatever threshold will be asked for.

    Attributes:
        labels: (H, W) uint8, label of the largest map; 0 where the photo has no map.
        values: (H, W) float32, its value.
    """

    labels: NDArray[np.uint8]
    values: NDArray[np.float32]

    @classmethod
    def of(cls, maps: Values, classes: NDArray[np.int64]) -> Winners:
        """Let the maps compete.

        Args:
            maps: (k, H, W), one map per tag of the photo; k = 0 is all background.
            classes: (k,) 0-based class of each map; the label is one more. Of equal maps the
                first wins.

        Raises:
            ValueError: there are not as many maps as classes.
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
        """(H, W) uint8: the winner where it is above the threshold, else the background."""
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
