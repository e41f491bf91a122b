"""Whether a photo has colours."""

from __future__ import annotations

import numpy as np

_LEAST = 2.0
"""Standard deviation along the second principal component of the colours, in 0..255, from which a
photo has colours; JPEG compression of a grey photo stays below."""


def is_grey(photo: np.ndarray) -> bool:
    """Return whether all pixels (H, W, 3) in 0..255 are shades of one colour, such as grey.

    A tinted photo, such as sepia or an X-ray in blue, counts as grey.
    """
    colours = photo.reshape(-1, 3).astype(np.float32)
    if len(colours) < 2:
        return True
    variances = np.linalg.eigvalsh(np.cov(colours.T))  # ascending
    return bool(variances[1] < _LEAST**2)
