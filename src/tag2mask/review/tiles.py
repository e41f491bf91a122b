"""Parts of large photos at full size, which the page loads when the user zooms in."""

from __future__ import annotations

from threading import Lock

import numpy as np

from tag2mask.data import load_photo
from tag2mask.data.dataset import Photo

SIDE = 512
"""Side of a tile, in pixels of the photo; tiles at the right and bottom edges are smaller."""


class Tiles:
    """Tiles of one photo at a time, which is kept decoded; safe for use from several threads."""

    def __init__(self) -> None:
        """Start without a photo."""
        self._lock = Lock()
        self._name: str | None = None
        self._image = np.zeros((0, 0, 3), np.uint8)

    def __call__(self, photo: Photo, row: int, column: int) -> np.ndarray:
        """Return a tile of a photo, (h, w, 3) uint8.

        Raises:
            ValueError: the photo has no such tile.
        """
        with self._lock:  # several tiles are requested at once, but the photo is decoded once
            if self._name != photo.name:
                self._image = load_photo(photo.path, depth=photo.depth)
                self._name = photo.name
            image = self._image
        top, left = row * SIDE, column * SIDE
        if top >= image.shape[0] or left >= image.shape[1]:
            raise ValueError("there is no such tile")
        return image[top : top + SIDE, left : left + SIDE]
