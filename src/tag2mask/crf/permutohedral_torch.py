"""The permutohedral lattice in plain torch, for a GPU: the same filter as `permutohedral`.

Lattice points are found by sorting instead of hashing, and every step processes all pixels at once.
The filter is differentiable in the values.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.core.contracts import InputError


class TorchLattice:
    """A lattice of M points for N features; built once, it filters any number of values."""

    def __init__(self, features: Tensor, groups: Tensor | None = None) -> None:
        """Find the simplex of every feature.

        Args:
            features: (N, d), in units of the Gaussian's width, on any device.
            groups: (N,) integers from 0, as of photos; features of different groups share no
                lattice point. None for a single group.

        Raises:
            InputError: the range of the features is so large that the lattice points cannot be
                numbered.
        """
        nearest, rank, self._weights = _simplices(features)
        dims = features.shape[1]
        # Corner r: r steps on all axes, and one side back on axes with a rank above d - r.
        corner = torch.arange(dims + 1, device=features.device)
        moved = rank[:, None] > dims - corner[:, None]
        points = nearest[:, None] + corner[:, None] - (dims + 1) * moved
        keys, step = _numbers(points[..., :dims].reshape(-1, dims), groups)
        self._keys, places = torch.unique(keys, return_inverse=True)
        self._corners = places.reshape(len(features), dims + 1)
        self._neighbours = [
            (self._find(shift), self._find(-shift)) for shift in _shifts(step, dims)
        ]
        self._scale = 1 / (1 + 2.0**-dims)

    def filter(self, values: Tensor) -> Tensor:
        """Sum values over all features, weighted by a unit-width Gaussian of the distance.

        Args:
            values: (N, C).

        Returns:
            (N, C), up to a factor that is the same for all.
        """
        shared = (self._weights[..., None] * values[:, None]).flatten(0, 1)
        points = values.new_zeros(len(self._keys) + 1, values.shape[1])
        points = points.index_add(0, self._corners.flatten(), shared)
        for left, right in self._neighbours:  # the last row, the missing neighbour, stays zero
            blurred = points[:-1] + 0.5 * (points[left] + points[right])
            points = torch.cat([blurred, points[-1:]])
        return self._scale * (points[self._corners] * self._weights[..., None]).sum(1)

    def _find(self, shift: int) -> Tensor:
        """Look up the lattice point at the given shift of each point: (M,); M if there is none."""
        wanted = self._keys + shift
        places = torch.searchsorted(self._keys, wanted).clamp_max(len(self._keys) - 1)
        return torch.where(self._keys[places] == wanted, places, len(self._keys))


def _simplices(features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the remainder-0 corner (N, d + 1), axis ranks and corner weights of each feature."""
    count, dims = features.shape
    axes = torch.arange(1, dims + 1, device=features.device, dtype=features.dtype)
    scaled = features * ((2 / 3) ** 0.5 * (dims + 1) / (axes * (axes + 1)).sqrt())
    after = scaled.flip(1).cumsum(1).flip(1)  # sum from an axis on
    last = torch.cat([after[:, 1:], after.new_zeros(count, 1)], 1) - axes * scaled
    elevated = torch.cat([after[:, :1], last], 1)
    side = dims + 1
    nearest = (elevated / side).round()
    excess = nearest.sum(1, keepdim=True).long()
    nearest = nearest.long() * side
    apart = elevated - nearest
    order = apart.argsort(stable=True, dim=1, descending=True)
    rank = torch.empty_like(order).scatter_(
        1, order, torch.arange(side, device=features.device).expand_as(order)
    )
    rank = rank + excess
    under, over = rank < 0, rank > dims
    nearest = nearest + side * under.long() - side * over.long()
    rank = rank + side * under.long() - side * over.long()
    apart = (elevated - nearest) / side
    share = features.new_zeros(count, side + 1)
    share = share.scatter_add(1, dims - rank, apart).scatter_add(1, dims + 1 - rank, -apart)
    first = share[:, :1] + 1 + share[:, -1:]
    return nearest, rank, torch.cat([first, share[:, 1:-1]], 1)


def _numbers(points: Tensor, groups: Tensor | None) -> tuple[Tensor, Tensor]:
    """Number lattice points (P, d) in mixed radix; also return the increment per step and axis.

    With groups, which are P / (d + 1) integers, points of different groups have different numbers.
    """
    margin = points.shape[1] + 1
    low = points.amin(0) - margin
    widths = points.amax(0) + margin + 1 - low
    if groups is not None:
        widths = torch.cat([widths, groups.max()[None] + 1])
    if float(widths.double().log2().sum()) >= 62:
        raise InputError("The widths of the filter are too small for this image; take larger ones.")
    step = torch.cat([widths.new_ones(1), widths[:-1].cumprod(0)])
    digits = points - low
    if groups is not None:
        digits = torch.cat([digits, groups.repeat_interleave(margin)[:, None]], 1)
    return (digits * step).sum(1), step[: points.shape[1]]


def _shifts(step: Tensor, dims: int) -> list[int]:
    """Return the difference between the numbers of a point and its neighbour along each axis."""
    steps: list[int] = [*step.tolist(), 0]
    return [(dims + 1) * steps[axis] - sum(steps) for axis in range(dims + 1)]
