"""Maps averaged over sizes and mirror images of a photo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)


def multi_scale(
    read: Callable[[Tensor], Tensor],
    images: Tensor,
    *,
    scales: Sequence[float],
    flip: bool,
    size: tuple[int, int] | None = None,
) -> Tensor:
    """Average the maps of `read` over scales and flips.

    Args:
        read: maps (B, 3, h, w) images to (B, K, h', w') maps.
        images: (B, 3, H, W), normalised.
        scales: relative to `images`.
        flip: read each scale's mirror image as well, in the same batch.
        size: height and width of the result; by default that of the maps at the scale nearest to 1.

    Returns:
        (B, K, *size), the mean over all views.
    """
    total: Tensor | None = None
    for scale in sorted(scales, key=lambda scale: abs(scale - 1)):
        view = images if scale == 1 else _resized(images, scale)
        maps = read(torch.cat([view, view.flip(3)]) if flip else view)
        if flip:
            straight, mirrored = maps.chunk(2)
            maps = (straight + mirrored.flip(3)) / 2
        size = size or (maps.shape[2], maps.shape[3])
        if maps.shape[2:] != size:
            maps = F.interpolate(maps, size, mode="bilinear", align_corners=False)
        share = maps if len(scales) == 1 else maps / len(scales)
        total = share if total is None else total + share
    assert total is not None, "scales are checked by the caller"
    return total


def _resized(images: Tensor, scale: float) -> Tensor:
    size = [max(1, round(side * scale)) for side in images.shape[-2:]]
    smooth = scale < 1
    return F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=smooth)
