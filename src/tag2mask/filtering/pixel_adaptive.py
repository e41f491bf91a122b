"""Pixel-adaptive refinement: neighbours of like colour share their scores.

PAR of AFA (Ru et al., CVPR 2022, section 3.4): affinities from colour and position over the eight
neighbours at several dilations, applied a few times. Pure torch; the cheap cousin of a dense CRF.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

DILATIONS = (1, 2, 4, 8, 12, 24)
_SHIFTS = tuple((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x)


def neighbours(images: Tensor, dilations: Sequence[int]) -> Tensor:
    """Gather the eight neighbours of every pixel at each dilation, the edge repeated.

    Args:
        images: (B, C, H, W).
        dilations: distances in pixels.

    Returns:
        (B, C, 8 * len(dilations), H, W).
    """
    return torch.stack(list(_windows(images, dilations)), 2)


def pixel_affinity(
    images: Tensor,
    *,
    dilations: Sequence[int] = DILATIONS,
    colour_weight: float = 0.3,
    position_weight: float = 0.01,
) -> Tensor:
    """Weigh the neighbours of every pixel by likeness of colour and by nearness (equation 6).

    Args:
        images: (B, 3, H, W), any linear range: differences are divided by their local spread.
        dilations: distances of the neighbours in pixels.
        colour_weight: the paper's w1 in the denominator of the colour term.
        position_weight: w3, the share of the position term that is added.

    Returns:
        (B, 1, 8 * len(dilations), H, W), summing to 1 + `position_weight` over the neighbours.
    """
    near = neighbours(images, dilations)
    spread = near.std(2, keepdim=True)
    difference = (near - images.unsqueeze(2)).abs() / (spread + 1e-8) / colour_weight
    colour = -difference.square().mean(1, keepdim=True)
    distance = torch.tensor([d * (y * y + x * x) ** 0.5 for d in dilations for y, x in _SHIFTS])
    distance = distance.to(images).view(1, 1, -1, 1, 1)
    position = -(distance / (distance.std() + 1e-8) / colour_weight).square()
    return colour.softmax(2) + position_weight * position.softmax(2)


def propagate(
    scores: Tensor, affinity: Tensor, *, dilations: Sequence[int] = DILATIONS, iterations: int = 10
) -> Tensor:
    """Replace each pixel's scores by its neighbours' weighted mean, several times (equation 7).

    Args:
        scores: (B, L, H, W).
        affinity: from `pixel_affinity` with the same dilations.
        dilations: distances of the neighbours in pixels.
        iterations: how often.

    Returns:
        (B, L, H, W).
    """
    weights = affinity.unbind(2)
    for _ in range(iterations):
        spread = torch.zeros_like(scores)
        for weight, near in zip(weights, _windows(scores, dilations), strict=True):
            spread = spread.addcmul(weight, near)
        scores = spread
    return scores


def _windows(images: Tensor, dilations: Sequence[int]) -> Iterator[Tensor]:
    """Give the image as each neighbour sees it, without copying it."""
    height, width = images.shape[-2:]
    reach = max(dilations)
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    for d in dilations:
        for y, x in _SHIFTS:
            top, left = reach + d * y, reach + d * x
            yield padded[..., top : top + height, left : left + width]
