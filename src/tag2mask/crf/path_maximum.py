"""The strongest boundary on the path between nearby cells, differentiable.

A cell belongs to about 160 pairs, each with a few cells on the path between them. On a CPU all
pairs are processed in one compiled pass that stores the position of each maximum; on other devices
torch processes the pairs one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.crf.paths import between, half_disc


def path_maximum(boundary: Tensor, radius: int) -> Tensor:
    """Find the largest value on the path between cells.

    Args:
        boundary: (B, h, w).
        radius: radius of the disc around each cell, in cells.

    Returns:
        (B, P, h, w), P pairs as in `half_disc(radius)`; 1 where a pair leaves the map.
    """
    if boundary.device.type == "cpu" and boundary.dtype == torch.float32:
        found: Tensor = _Compiled.apply(boundary, radius)  # type: ignore[no-untyped-call]
        return found
    return _in_torch(boundary, radius)


def _in_torch(boundary: Tensor, radius: int) -> Tensor:
    height, width = boundary.shape[1:]
    planes = []
    for dy, dx in half_disc(radius):
        left, right = max(0, -dx), width - max(0, dx)
        if dy >= height or right <= left:
            planes.append(torch.ones_like(boundary))
            continue
        way = between((dy, dx))
        seen = [boundary[:, y : height - dy + y, left + x : right + x] for y, x in way]
        strongest = torch.stack(seen).amax(0)
        planes.append(F.pad(strongest, (left, width - right, 0, dy), value=1.0))
    return torch.stack(planes, 1)


class _Compiled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, boundary: Tensor, radius: int) -> Tensor:  # noqa: ANN401 - torch's own
        pairs, cells, ends = _table(radius)
        values = np.ascontiguousarray(boundary.detach().numpy())
        strongest, where = _maximum(values, pairs, cells, ends)
        ctx.where, ctx.size = where, boundary.shape
        return torch.from_numpy(strongest)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        batch, height, width = ctx.size
        result = np.zeros((batch, height * width), np.float32)
        _collect(np.ascontiguousarray(gradient.numpy()), ctx.where, result)
        return torch.from_numpy(result).reshape(ctx.size), None


def _table(radius: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs, the concatenated cells of their paths, and the end of each path."""
    pairs = half_disc(radius)
    ways = [between(offset) for offset in pairs]
    cells = np.array([cell for way in ways for cell in way], np.int64)
    return np.array(pairs, np.int64), cells, np.cumsum([len(way) for way in ways])


@njit(nogil=True, cache=True)
def _maximum(
    values: np.ndarray, pairs: np.ndarray, cells: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the maximum of each pair, and the cell of the map it is in; -1 outside the map."""
    batch, height, width = values.shape
    strongest = np.ones((batch, len(pairs), height, width), np.float32)
    where = np.full((batch, len(pairs), height, width), -1, np.int32)
    for image in range(batch):
        begin = 0
        for pair in range(len(pairs)):
            dy, dx = pairs[pair]
            left, count = max(0, -dx), width - abs(dx)
            for y in range(height - dy):
                best = strongest[image, pair, y, left:]
                place = where[image, pair, y, left:]
                for x in range(count):
                    best[x] = -np.inf
                for cell in range(begin, ends[pair]):
                    down, right = cells[cell]
                    row = values[image, y + down, left + right :]
                    start = np.int32((y + down) * width + left + right)
                    for x in range(count):
                        larger = row[x] > best[x]
                        best[x] = row[x] if larger else best[x]
                        place[x] = start + np.int32(x) if larger else place[x]
            begin = ends[pair]
    return strongest, where


@njit(nogil=True, cache=True)
def _collect(gradient: np.ndarray, where: np.ndarray, result: np.ndarray) -> None:
    """Add the gradient of each pair to the cell of its maximum."""
    for image in range(len(where)):
        places, values = where[image].ravel(), gradient[image].ravel()
        for index in range(len(places)):
            if places[index] >= 0:
                result[image, places[index]] += values[index]
