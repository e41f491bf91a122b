"""The losses of SEAM between the maps of two views.

Wang et al. (CVPR 2020), section 3.4; values that the paper does not specify are those of the
authors' code. All maps are (B, K, h, w) or, with the background first, (B, 1 + K, h, w).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.heads.correlation import largest_only, with_background

_EPSILON = 1e-5
_HARDEST, _LOWEST = 0.2, 0.25
"""Fractions of the entries that the cross loss and the pooling loss use."""


def stretched(maps: Tensor) -> Tensor:
    """Scale the positive part of each map to [0, 1], its minimum to 0, its maximum to 1."""
    positive = F.relu(maps)
    least, most = (limit(positive, (2, 3), keepdim=True) for limit in (torch.amin, torch.amax))
    return F.relu(positive - least - _EPSILON) / (most - least + _EPSILON)


def equivariance_loss(first: Tensor, second: Tensor) -> Tensor:
    """Compute the mean absolute difference between the maps of two views.

    Args:
        first: (B, K, h, w), scaled to [0, 1], 0 for absent classes.
        second: maps of the other view, in the same format, resized to the first one's cells.
    """
    return (first - second).abs().mean()


def cross_loss(refined: Tensor, raw: Tensor) -> Tensor:
    """Compute the difference between a view's refined maps and the other's raw ones.

    The raw maps are the target: they are detached, a background is added, and only the largest
    class of each cell is kept. The hardest fifth of every photo's entries is averaged.

    Args:
        refined: (B, 1 + K, h, w), scaled to [0, 1], 0 for absent classes.
        raw: (B, K, h, w), as for `equivariance_loss`.
    """
    wanted = largest_only(with_background(raw.detach()))
    apart = (wanted - refined).abs().flatten(1)
    return apart.topk(max(1, int(_HARDEST * apart.shape[1])), sorted=False)[0].mean()


def pooling_loss(refined: Tensor) -> Tensor:
    """Penalise the lowest quarter of the cells of each photo's largest map.

    Not in the paper, but in its code: part of a photo is always background.

    Args:
        refined: (B, K, h, w) in [0, 1], without the background, 0 for absent classes.
    """
    largest = refined.amax(1).flatten(1)
    lowest = largest.topk(max(1, int(_LOWEST * largest.shape[1])), largest=False, sorted=False)[0]
    return F.relu(lowest).mean()
