"""The losses of SEAM between two views' maps, as functions.

Wang et al. (CVPR 2020), section 3.4; the numbers in it that the paper leaves open are those of the
authors' code. All maps here are (B, K, h, w) or, with the background first, (B, 1 + K, h, w).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.heads.correlation import largest_only, with_background

_EPSILON = 1e-5
_HARDEST, _LOWEST = 0.2, 0.25
"""Shares of the entries that the cross loss and the pooling loss use."""


def stretched(maps: Tensor) -> Tensor:
    """Bring the positive part of each map to [0, 1], its least value to 0, its largest to 1."""
    positive = F.relu(maps)
    least, most = (limit(positive, (2, 3), keepdim=True) for limit in (torch.amin, torch.amax))
    return F.relu(positive - least - _EPSILON) / (most - least + _EPSILON)


def equivariance_loss(first: Tensor, second: Tensor) -> Tensor:
    """Compare the maps of two views: the mean absolute difference.

    Args:
        first: (B, K, h, w), stretched, 0 of classes that are not there.
        second: of the other view, likewise, brought to the first one's cells.
    """
    return (first - second).abs().mean()


def cross_loss(refined: Tensor, raw: Tensor) -> Tensor:
    """Compare a view's refined maps with the other's raw ones.

    The raw ones teach: they are detached, get a background, and of each cell only the largest class
    is kept. Of every photo's entries the hardest fifth counts.

    Args:
        refined: (B, 1 + K, h, w), stretched, 0 of classes that are not there.
        raw: (B, K, h, w), as `equivariance_loss` takes them.
    """
    wanted = largest_only(with_background(raw.detach()))
    apart = (wanted - refined).abs().flatten(1)
    return apart.topk(max(1, int(_HARDEST * apart.shape[1])), sorted=False)[0].mean()


def pooling_loss(refined: Tensor) -> Tensor:
    """Push down the lowest quarter of the cells of each photo's largest map.

    Not in the paper, but in its code: some of a photo is always background.

    Args:
        refined: (B, K, h, w) in [0, 1], without the background, 0 of classes that are not there.
    """
    largest = refined.amax(1).flatten(1)
    lowest = largest.topk(max(1, int(_LOWEST * largest.shape[1])), largest=False, sorted=False)[0]
    return F.relu(lowest).mean()
