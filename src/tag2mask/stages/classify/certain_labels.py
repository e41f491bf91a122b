"""Certain labels of training photos on a coarse grid."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tag2mask.data.annotations import load_constraint
from tag2mask.data.dataset import Photo
from tag2mask.data.transforms import fit_within

_CELLS = 48
"""Number of cells along the long side of a photo; fine enough for the class layer, and keeps every
click."""


class CertainLabels:
    """Certain labels of photos; reads the annotations of each photo once."""

    def __init__(self, photos: Sequence[Photo], num_labels: int) -> None:
        """Find the photos with annotated pixels.

        Args:
            photos: the training photos.
            num_labels: K + 1.
        """
        self._photos, self._num_labels = photos, num_labels
        self.any = any(photo.annotation is not None for photo in photos)
        self._read = lru_cache(maxsize=None)(self._read_photo)

    def __call__(self, index: int) -> np.ndarray | None:
        """Return the labels of a photo, (h, w) uint8, 255 for uncertain cells; None if all are."""
        return self._read(index)

    def _read_photo(self, index: int) -> np.ndarray | None:
        constraint = load_constraint(self._photos[index], self._num_labels)
        if constraint is None or not constraint.known.any():
            return None
        return constraint.at(fit_within(constraint.size, _CELLS)).certain
