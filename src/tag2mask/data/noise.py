"""How noisy a photo is."""

from __future__ import annotations

import numpy as np


def noise_level(photo: np.ndarray) -> float:
    """Estimate the standard deviation of the noise in the grey levels of a photo.

    The difference of two Laplacians removes whatever is linear or quadratic over three pixels, and
    most edges; what is left is noise (Immerkær, Computer Vision and Image Understanding, 1996).

    Args:
        photo: (H, W, 3) in 0..255.

    Returns:
        in grey levels; 0 for photos less than three pixels wide or high.
    """
    grey = photo.mean(2, dtype=np.float32)
    if min(grey.shape) < 3:
        return 0.0
    rows = grey[:-2] - 2 * grey[1:-1] + grey[2:]
    both = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return float(np.sqrt(np.pi / 2) * np.abs(both).mean() / 6)
