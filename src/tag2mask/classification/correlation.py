"""The arithmetic of the pixel correlation module: which maps go in, and the mean over like cells.

Wang et al. (CVPR 2020), section 3.3; `pixel_correlation.PixelCorrelation` says what is compared.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)
from torch.utils.checkpoint import checkpoint

_EPSILON = 1e-5
"""The authors', everywhere."""
_MOST_ENTRIES = 1 << 22
"""Similarities that are in memory at once: 16 MiB."""


def contending(maps: Tensor) -> Tensor:
    """Scale maps to a peak of 1, add the background, and keep the largest class of each cell.

    Args:
        maps: (B, K, h, w), unbounded; values under 0 count as 0.

    Returns:
        (B, 1 + K, h, w) in [0, 1]: one minus the largest map, then the maps, each 0 where another
        is larger.
    """
    positive = F.relu(maps)
    peaks = positive.amax((2, 3), keepdim=True)
    return largest_only(with_background(F.relu(positive - _EPSILON) / (peaks + _EPSILON)))


def with_background(maps: Tensor) -> Tensor:
    """Put one minus the largest of the maps (B, K, h, w) before them: (B, 1 + K, h, w)."""
    return torch.cat([1 - maps.amax(1, keepdim=True), maps], 1)


def largest_only(maps: Tensor) -> Tensor:
    """Set to 0, of maps (B, 1 + K, h, w), each class but the largest; the background stays."""
    classes = maps[:, 1:]
    kept = classes * (classes == classes.amax(1, keepdim=True))
    return torch.cat([maps[:, :1], kept], 1)


def correlate(features: Tensor, maps: Tensor, *, most: int = _MOST_ENTRIES) -> Tensor:
    """Give each cell the mean of all cells of its photo, weighed by their similarity to it.

    Similarity is the cosine of two cells' features, 0 where it is negative. It is
    taken block by block of the cells that gather, and, where there is more than one block, again
    in the backward pass, so that memory does not grow with the square of the cells.

    Args:
        features: (B, C, h, w).
        maps: (B, K, h, w), of the same precision.
        most: similarities in memory at once.

    Returns:
        (B, K, h, w), within the range of each map.
    """
    cells = features.flatten(2)
    cells = cells / (torch.linalg.vector_norm(cells, dim=1, keepdim=True) + _EPSILON)
    rows = maps.flatten(2)
    values = torch.cat([rows, torch.ones_like(rows[:, :1])], 1)
    blocks = cells.split(max(1, most // (len(cells) * cells.shape[2])), 2)
    sums = [
        _gathered(block, cells, values) if len(blocks) == 1
        else checkpoint(_gathered, block, cells, values, use_reentrant=False,
                        preserve_rng_state=False)
        for block in blocks
    ]
    total = torch.cat(sums, 2)
    return (total[:, :-1] / (total[:, -1:] + _EPSILON)).reshape(maps.shape)


def _gathered(block: Tensor, cells: Tensor, values: Tensor) -> Tensor:
    """Sum values (B, K, N) of unit cells (B, C, N) by similarity to those of a block (B, C, n)."""
    return values @ (cells.transpose(1, 2) @ block).relu_()
