"""Fast computation of the number of thresholds that each pixel of a map exceeds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tag2mask.metrics.confusion import Figures

Values = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.float64]
Levels = NDArray[np.int16]

_BUCKETS = 1024


class ThresholdIndex:
    """Sorted thresholds with a look-up table of start positions for ranges of values.

    `numpy.searchsorted` gives the same results and takes 3 times as long on a smooth map.
    """

    def __init__(self, thresholds: Sequence[float] | Figures) -> None:
        """Prepare the table.

        Args:
            thresholds: (T,) ascending, in the unit of the values.

        Raises:
            ValueError: the thresholds are empty, not ascending, or repeated.
        """
        # float32 like the maps: in float64 a value of 0.2 would "exceed" the threshold 0.2.
        self.edges = np.asarray(thresholds, np.float32)
        if self.edges.ndim != 1 or not self.edges.size or (np.diff(self.edges) <= 0).any():
            raise ValueError("thresholds must be a list in ascending order, without repeats")
        self._scale, self._first = _table(self.edges.tobytes())

    def exceeded(self, values: Values) -> Levels:
        """Count the thresholds below each value; the result has the shape of `values`."""
        return self._look_up(values, False)

    def reached(self, values: Values) -> Levels:
        """Count the thresholds at or below each value; the result has the shape of `values`."""
        return self._look_up(values, True)

    def _look_up(self, values: Values, equal: bool) -> Levels:
        flat = np.ascontiguousarray(values, np.float32).ravel()
        found = np.empty(flat.size, np.int16)
        _count(flat, self.edges, self._first, self.edges[0], self._scale, equal, found)
        return found.reshape(values.shape)


@lru_cache(maxsize=64)
def _table(thresholds: bytes) -> tuple[np.float32, Levels]:
    """Return the buckets per unit and the number of thresholds below each bucket; cached."""
    edges = np.frombuffer(thresholds, np.float32)
    scale = np.float32(_BUCKETS / max(float(edges[-1] - edges[0]), 1e-12))
    starts = edges[0] + np.arange(_BUCKETS) / scale
    return scale, np.searchsorted(edges, starts.astype(np.float32)).astype(np.int16)


@njit(nogil=True, cache=True)
def _count(
    values: NDArray[np.float32], edges: NDArray[np.float32], first: Levels, low: np.float32,
    scale: np.float32, equal: bool, found: Levels,
) -> None:
    """Start at the position from the table and move up or down to that of the value."""
    for i in range(values.size):
        value = values[i]
        place = (value - low) * scale
        bucket = 0
        if place >= first.size:
            bucket = first.size - 1
        elif place > 0:
            bucket = int(place)
        at = int(first[bucket])
        while at < edges.size and (edges[at] < value or (equal and edges[at] == value)):
            at += 1
        while at > 0 and not (edges[at - 1] < value or (equal and edges[at - 1] == value)):
            at -= 1
        found[i] = at
