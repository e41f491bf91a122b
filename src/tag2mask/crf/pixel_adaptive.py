"""Pixel-adaptive refinement: scores are averaged over neighbours of similar colour.

PAR of AFA (Ru et al., CVPR 2022, section 3.4): affinities from colour and position over the eight
neighbours at several dilations, applied a few times. Pure torch; a cheap alternative to a dense
CRF.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

DILATIONS = (1, 2, 4, 8, 12, 24)
_SHIFTS = tuple((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x)
_CACHED = 2**19
"""Number of values that are processed at a time, so that they stay in the caches of a core."""


def pixel_affinity(
    images: Tensor,
    *,
    dilations: Sequence[int] = DILATIONS,
    colour_weight: float = 0.3,
    position_weight: float = 0.01,
) -> Tensor:
    """Weight the neighbours of every pixel by colour similarity and distance (equation 6).

    Args:
        images: (B, 3, H, W), any linear range: differences are divided by their local standard
            deviation.
        dilations: distances of the neighbours in pixels.
        colour_weight: the paper's w1 in the denominator of the colour term.
        position_weight: w3, the weight of the position term.

    Returns:
        (B, 1, 8 * len(dilations), H, W), which sum to 1 + `position_weight` over the neighbours.
    """
    windows = list(_windows(images, dilations))
    position = position_weight * _nearness(dilations, colour_weight).to(images)
    affinity = images.new_empty(len(images), 1, len(windows), *images.shape[-2:])
    rows = max(1, _CACHED // (len(windows) * images[..., 0, :].numel()))
    for top in range(0, images.shape[-2], rows):
        strip = slice(top, top + rows)
        near = torch.stack([window[..., strip, :] for window in windows], 2)
        likeness = _likeness(near, images[..., strip, :].unsqueeze(2), colour_weight)
        affinity[..., strip, :] = likeness.softmax(2) + position
    return affinity


def _likeness(near: Tensor, own: Tensor, colour_weight: float) -> Tensor:
    """Compare neighbours (B, C, N, h, w) with the pixel (B, C, 1, h, w): (B, 1, N, h, w), 0 best.

    The standard deviation is computed explicitly, since `torch.std` along a middle axis takes
    several times as long.
    """
    centred = near - near.mean(2, keepdim=True)
    spread = (centred.square().sum(2, keepdim=True) / (near.shape[2] - 1)).sqrt()
    scale = 1 / ((spread + 1e-8) * colour_weight)
    return -((near - own) * scale).square().mean(1, keepdim=True)


def _nearness(dilations: Sequence[int], colour_weight: float) -> Tensor:
    """Weight neighbours by distance only: (1, 1, N, 1, 1), which sum to 1."""
    distance = torch.tensor(
        [d * (y * y + x * x) ** 0.5 for d in dilations for y, x in _SHIFTS], dtype=torch.float64
    )
    position = -(distance / (distance.std() + 1e-8) / colour_weight).square()
    return position.softmax(0).view(1, 1, -1, 1, 1)


def propagate(
    scores: Tensor, affinity: Tensor, *, dilations: Sequence[int] = DILATIONS, iterations: int = 10
) -> Tensor:
    """Replace the scores of each pixel by the weighted mean of its neighbours (equation 7).

    Args:
        scores: (B, L, H, W).
        affinity: from `pixel_affinity` with the same dilations.
        dilations: distances of the neighbours in pixels.
        iterations: number of repetitions.

    Returns:
        (B, L, H, W).
    """
    weights = affinity.unbind(2)
    for _ in range(iterations):
        spread = torch.zeros_like(scores)
        for weight, near in zip(weights, _windows(scores, dilations), strict=True):
            spread.addcmul_(weight, near)
        scores = spread
    return scores


def _windows(images: Tensor, dilations: Sequence[int]) -> Iterator[Tensor]:
    """Yield views of the image shifted to each neighbour, without copies."""
    height, width = images.shape[-2:]
    reach = max(dilations)
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    for d in dilations:
        for y, x in _SHIFTS:
            top, left = reach + d * y, reach + d * x
            yield padded[..., top : top + height, left : left + width]
