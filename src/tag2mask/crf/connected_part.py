"""The connected part of a mask around a pixel."""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def connected_part(mask: np.ndarray, y: int, x: int) -> np.ndarray:
    """Find the 4-connected part of a mask that contains a pixel.

    Args:
        mask: (H, W) bool.
        y: row of the pixel.
        x: column of the pixel.

    Returns:
        (H, W) bool; empty if the pixel is outside the mask.
    """
    if not mask[y, x]:
        return np.zeros(mask.shape, bool)
    parts = ndimage.label(mask)[0]
    return np.asarray(parts == parts[y, x])
