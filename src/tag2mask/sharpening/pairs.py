"""Pairs of nearby cells, sorted by what is known of them, and the loss that affinities learn by."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.contracts import BACKGROUND, IGNORE
from tag2mask.filtering.paths import half_disc


class Pairs:
    """Which pairs are of one thing, both background, or of two kinds; (B, P, h, w) each."""

    def __init__(self, labels: Tensor, radius: int) -> None:
        """Sort the pairs of `half_disc(radius)`; labels (B, h, w), 255 where nothing is known."""
        first = labels[:, None]
        second = shifted(first, radius, IGNORE)[:, :, 0]
        known = (first != IGNORE) & (second != IGNORE)
        same = known & (first == second)
        self.thing = same & (first != BACKGROUND)
        self.background = same & (first == BACKGROUND)
        self.differing = known & ~same


def affinity_loss(affinity: Tensor, labels: Tensor, *, radius: int) -> Tensor:
    """Make pairs of one label belong together, and others not.

    Cross-entropy, the mean over each kind of pair by itself: things and background count a quarter
    each, differing pairs half (Ahn and Kwak, CVPR 2018, equation 5; Ahn et al., CVPR 2019,
    equation 7).

    Args:
        affinity: (B, P, h, w) in [0, 1], P pairs as in `half_disc(radius)`.
        labels: (B, h, w), 255 where nothing is known.
        radius: of pairs.

    Returns:
        a scalar.
    """
    pairs = Pairs(labels, radius)
    together, apart = -(affinity + 1e-5).log(), -(1 + 1e-5 - affinity).log()
    return (
        mean_where(together, pairs.thing) / 4 + mean_where(together, pairs.background) / 4
        + mean_where(apart, pairs.differing) / 2
    )


def shifted(planes: Tensor, radius: int, outside: int) -> Tensor:
    """Give what lies at each offset of `half_disc`: (B, C, h, w) to (B, P, C, h, w)."""
    reach = radius - 1
    height, width = planes.shape[2:]
    padded = F.pad(planes, (reach, reach, 0, reach), value=outside)
    return torch.stack([
        padded[..., dy : dy + height, reach + dx : reach + dx + width]
        for dy, dx in half_disc(radius)
    ], 1)


def mean_where(values: Tensor, where: Tensor) -> Tensor:
    """Average values where a mask of the same shape is set; 0 where it is nowhere."""
    return (values * where).sum() / where.sum().clamp_min(1)
