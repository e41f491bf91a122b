"""Small versions of photos, for pages."""

from __future__ import annotations

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Photo
from tag2mask.data.photos import load_photo


def thumbnail(photo: Photo, side: int) -> np.ndarray:
    """Read a photo with a long side of at most `side` pixels.

    Returns:
        (h, w, 3) uint8; a grey square if the file cannot be read, so that a page can still be
        written after photos were moved.
    """
    try:
        return load_photo(photo.path, max_side=side, depth=photo.depth)
    except InputError:
        return np.full((side, side, 3), 128, np.uint8)
