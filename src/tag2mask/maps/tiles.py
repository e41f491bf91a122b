"""Maps of photos too large for a single forward pass, from overlapping tiles."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def in_tiles(read: Callable[[Tensor], Tensor], images: Tensor, *, tile: int) -> Tensor:
    """Read images tile by tile, and blend the maps where tiles overlap, by a quarter or more.

    Each tile is explained separately, so a class is found in every tile that contains it. A tile
    has little weight at its border, where the model has the least context.

    Args:
        read: maps (B, 3, h, w) images to (B, K, h', w') maps.
        images: (B, 3, H, W), normalised.
        tile: maximum side of a tile, in pixels.

    Returns:
        (B, K, H / s, W / s) where s is the stride of the maps of one tile.
    """
    height, width = images.shape[2:]
    if max(height, width) <= tile:
        return read(images)
    tall, wide = min(tile, height), min(tile, width)
    first = read(images[..., :tall, :wide])
    strides = max(1, round(tall / first.shape[2])), max(1, round(wide / first.shape[3]))
    canvas = first.new_zeros(*first.shape[:2], -(-height // strides[0]), -(-width // strides[1]))
    weight = canvas.new_zeros(canvas.shape[2:])
    for top in _starts(height, tall, strides[0]):
        for left in _starts(width, wide, strides[1]):
            part = images[..., top : top + tall, left : left + wide]
            cells = -(-part.shape[2] // strides[0]), -(-part.shape[3] // strides[1])
            maps = _resized(first if top == left == 0 else read(part), cells)
            row, column = top // strides[0], left // strides[1]
            maps = maps[..., : canvas.shape[2] - row, : canvas.shape[3] - column]
            ramp = _ramp(maps.shape[2], maps)[:, None] * _ramp(maps.shape[3], maps)
            area = (..., slice(row, row + maps.shape[2]), slice(column, column + maps.shape[3]))
            canvas[area] = canvas[area] + maps * ramp
            weight[area[1:]] += ramp
    return canvas / weight


def _resized(maps: Tensor, cells: tuple[int, int]) -> Tensor:
    """Return maps with that many cells: convolutions without padding give fewer, and gaps."""
    if maps.shape[2:] == cells:
        return maps
    return torch.nn.functional.interpolate(maps, cells, mode="bilinear", align_corners=False)


def _starts(length: int, tile: int, stride: int) -> list[int]:
    """Return evenly spread tile starts, aligned to cells; the last tile may exceed the side."""
    if length <= tile:
        return [0]
    count = -(-(length - tile // 4) // (tile - tile // 4))
    exact = torch.linspace(0, length - tile, count, dtype=torch.float64)
    inner = [int(start / stride + 0.5) * stride for start in exact[:-1]]
    return [*inner, -(-(length - tile) // stride) * stride]


def _ramp(length: int, like: Tensor) -> Tensor:
    """Return weights of the cells of a side, rising from 1 at the border over a quarter of it."""
    place = torch.arange(length, device=like.device, dtype=like.dtype)
    return torch.minimum(place, place.flip(0)).add(1).clamp_max(max(1, length // 4))
