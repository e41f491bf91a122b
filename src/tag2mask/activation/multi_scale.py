"""Maps averaged over sizes and mirror images of a photo, and their normalisation."""

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
    size: tuple[int, int],
) -> Tensor:
    """Average what `read` gives over scales and flips.

    Args:
        read: maps (B, 3, h, w) images to (B, K, h', w') maps, 0 or more.
        images: (B, 3, H, W), normalised.
        scales: relative to `images`.
        flip: read each scale's mirror image as well, in the same batch.
        size: height and width of the result.

    Returns:
        (B, K, *size), the mean over all views.
    """
    total = torch.zeros(())
    for scale in scales:
        view = images if scale == 1 else _resized(images, scale)
        maps = read(torch.cat([view, view.flip(3)]) if flip else view)
        if flip:
            straight, mirrored = maps.chunk(2)
            maps = (straight + mirrored.flip(3)) / 2
        maps = F.interpolate(maps, size, mode="bilinear", align_corners=False)
        total = total.to(maps) + maps / len(scales)
    return total


def normalise_max(maps: Tensor) -> Tensor:
    """Divide each map by its largest value, so that it peaks at 1 (or is 0 everywhere).

    Args:
        maps: (B, K, h, w), 0 or more.

    Returns:
        (B, K, h, w) in [0, 1].
    """
    return maps / maps.amax((2, 3), keepdim=True).clamp_min(1e-8)


def _resized(images: Tensor, scale: float) -> Tensor:
    size = [max(1, round(side * scale)) for side in images.shape[-2:]]
    smooth = scale < 1
    return F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=smooth)
