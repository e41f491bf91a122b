"""The random walk of `random_walk` in plain torch, for a GPU: all photos of a batch at once."""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.crf.paths import half_disc


def random_walk_torch(
    maps: Tensor, affinity: Tensor, *, radius: int, beta: float, steps: int
) -> Tensor:
    """Propagate maps by a random walk.

    Args:
        maps: (B, C, h, w).
        affinity: (B, P, h, w) in [0, 1], as for `random_walk`.
        radius: radius of the disc, in cells.
        beta: exponent of the affinities.
        steps: number of steps.

    Returns:
        (B, C, h, w).
    """
    batch, classes, height, width = maps.shape
    transitions = _transitions(affinity**beta, radius)
    cells = maps.transpose(0, 1).reshape(classes, -1).T.contiguous()
    for _ in range(steps):
        cells = torch.sparse.mm(transitions, cells)
    return cells.T.reshape(classes, batch, height, width).transpose(0, 1)


def _transitions(weights: Tensor, radius: int) -> Tensor:
    """Return the sparse matrix of a step over the cells of all photos, whose rows sum to 1.

    Args:
        weights: (B, P, h, w), of each cell and the one at the offset of each pair.
        radius: radius of the disc, in cells.
    """
    batch, _, height, width = weights.shape
    number = torch.arange(batch * height * width, device=weights.device)
    cells = number.view(batch, height, width)
    rows, columns, values = [number], [number], [torch.ones_like(weights[:, 0]).flatten()]
    for pair, (dy, dx) in enumerate(half_disc(radius)):
        if dy >= height or abs(dx) >= width:
            continue
        left, right = max(0, -dx), width - max(0, dx)
        own = cells[:, : height - dy, left:right]
        other = cells[:, dy:, left + dx : right + dx]
        linked = weights[:, pair, : height - dy, left:right]
        rows += [own.flatten(), other.flatten()]
        columns += [other.flatten(), own.flatten()]
        values += [linked.flatten()] * 2
    row, value = torch.cat(rows), torch.cat(values)
    total = value.new_zeros(len(number)).index_add(0, row, value)
    places = torch.stack([row, torch.cat(columns)])
    return torch.sparse_coo_tensor(
        places, value / total[row], (len(number), len(number)), check_invariants=False).coalesce()
