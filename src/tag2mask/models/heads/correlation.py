"""The input of the pixel correlation module: maps and their background, one class per cell.

Wang et al. (CVPR 2020), section 3.3; see `pixel_correlation.PixelCorrelation`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

_EPSILON = 1e-5
"""Epsilon of the authors' code."""


def contending(maps: Tensor) -> Tensor:
    """Scale maps to a peak of 1, add the background, and keep the largest class of each cell.

    Args:
        maps: (B, K, h, w), unbounded; negative values count as 0.

    Returns:
        (B, 1 + K, h, w) in [0, 1]: one minus the largest map, then the maps, each 0 where another
        is larger.
    """
    positive = F.relu(maps)
    peaks = positive.amax((2, 3), keepdim=True)
    return largest_only(with_background(F.relu(positive - _EPSILON) / (peaks + _EPSILON)))


def with_background(maps: Tensor) -> Tensor:
    """Prepend the background, one minus the largest map (B, K, h, w): (B, 1 + K, h, w)."""
    return torch.cat([1 - maps.amax(1, keepdim=True), maps], 1)


def largest_only(maps: Tensor) -> Tensor:
    """Set all classes of (B, 1 + K, h, w) but the largest to 0; the background stays."""
    classes = maps[:, 1:]
    kept = classes * (classes == classes.amax(1, keepdim=True))
    return torch.cat([maps[:, :1], kept], 1)
