"""Specks: parts of a class that are far smaller than its largest part on the same photo.

A CRF joins pixels of similar colour wherever they are, so masks of textured photos have specks of a
few pixels far from the object.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

_NEIGHBOURS = np.ones((3, 3), bool)


def find_specks(
    ratios: npt.NDArray[np.float32], level: float, smallest: float
) -> npt.NDArray[np.bool_]:
    """Return the pixels of all specks of a photo.

    Args:
        ratios: (k, h, w), ratios of the class scores to the background's. A pixel belongs to the
            class with the largest one, if that is above `level`.
        level: the ratio above which a pixel is foreground.
        smallest: area of the smallest part that is no speck, as a fraction of the largest part of
            its class; diagonal neighbours belong to one part.

    Returns:
        (h, w) bool.
    """
    specks = np.zeros(ratios.shape[1:], bool)
    if not len(ratios) or not smallest:
        return specks
    winners = np.where(ratios.max(0) > level, ratios.argmax(0), -1)
    for row in range(len(ratios)):
        parts, count = label(winners == row, _NEIGHBOURS)
        if count > 1:
            areas = np.bincount(parts.ravel())
            areas[0] = 0  # all other pixels
            small = areas < smallest * areas.max()
            small[0] = False
            specks |= small[parts]
    return specks
