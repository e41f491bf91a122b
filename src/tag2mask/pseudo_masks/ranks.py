"""Conversion of map values to ranks, which removes the scale of the maps.

All later steps work on ranks, so that monotone changes of the maps, such as squaring, roots or a
different softmax temperature, have no effect.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tag2mask.core.contracts import InputError

_BINS = 2**16
_QUANTILES = np.linspace(0.001, 0.999, 500)


def quantiles(plane: np.ndarray) -> np.ndarray:
    """Return 500 quantiles of the values of a photo, enough for fractions over a whole set."""
    values: np.ndarray = np.quantile(plane, _QUANTILES)
    return values


class MapRanks:
    """The rank of a map value among the pixels of all tagged photos.

    Stored as a histogram over [0, 1], so that memory does not grow with the number of photos.
    """

    def __init__(self, maps: Iterable[np.ndarray]) -> None:
        """Count the largest value of every pixel.

        Args:
            maps: one (k, h, w) in [0, 1] per photo, k of 1 or more; all photos have equal weight.

        Raises:
            InputError: `maps` is empty.
        """
        counts, photos = np.zeros(_BINS), 0
        for planes in maps:
            values = np.clip(planes.max(0).ravel(), 0, 1)
            bins = (values * (_BINS - 1)).astype(np.int64)
            counts += np.bincount(bins, minlength=_BINS) / values.size
            photos += 1
        if not photos:
            raise InputError("There is no map to choose a threshold from: no photo has a tag.")
        self._below = np.concatenate([[0.0], counts.cumsum() / photos])

    def __call__(self, maps: np.ndarray) -> np.ndarray:
        """Replace values by ranks in [0, 1]: the fraction of pixels with a smaller value."""
        edges = np.linspace(0, 1, _BINS + 1)
        ranks: np.ndarray = np.interp(maps, edges, self._below).astype(np.float32)
        return ranks

    def threshold(self, share: float) -> float:
        """Return the map value in [0, 1] that `share` of all pixels exceed."""
        return float(np.searchsorted(self._below, 1 - share) / _BINS)
