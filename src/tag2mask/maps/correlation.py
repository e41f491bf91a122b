"""Maps averaged over similar cells of a photo."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

_EPSILON = 1e-5
_MOST_ENTRIES = 1 << 22
"""Maximum number of similarities in memory at once: 16 MiB."""


def correlate(
    features: Tensor, maps: Tensor, *, power: float = 1.0, most: int = _MOST_ENTRIES
) -> Tensor:
    """Replace each cell by the mean of all cells of its photo, weighted by similarity.

    Similarity is the cosine of the features of two cells, 0 where it is negative, to a power. It is
    computed in blocks of target cells and, with more than one block, again in the backward pass, so
    that memory does not grow with the square of the number of cells. Without gradients nothing is
    kept anyway, and torch's checkpointing is avoided: its first use loads torch's compiler, which
    takes seconds.

    Args:
        features: (B, C, h, w).
        maps: (B, K, h, w), of the same precision.
        power: exponent of the cosine; the larger, the fewer cells contribute.
        most: number of similarities in memory at once.

    Returns:
        (B, K, h, w), within the range of each map.
    """
    cells = features.flatten(2)
    cells = cells / (torch.linalg.vector_norm(cells, dim=1, keepdim=True) + _EPSILON)
    rows = maps.flatten(2)
    values = torch.cat([rows, torch.ones_like(rows[:, :1])], 1)
    blocks = cells.split(max(1, most // (len(cells) * cells.shape[2])), 2)
    at_once = len(blocks) == 1 or not torch.is_grad_enabled()
    sums = [
        _gathered(block, cells, values, power) if at_once
        else checkpoint(_gathered, block, cells, values, power, use_reentrant=False,
                        preserve_rng_state=False)
        for block in blocks
    ]
    total = torch.cat(sums, 2)
    return (total[:, :-1] / (total[:, -1:] + _EPSILON)).reshape(maps.shape)


def _gathered(block: Tensor, cells: Tensor, values: Tensor, power: float) -> Tensor:
    """Sum values (B, K, N) of unit cells (B, C, N), weighted by similarity to a block (B, C, n)."""
    similar = (cells.transpose(1, 2) @ block).relu_()
    return values @ (similar if power == 1 else similar.pow(power))
