"""AffinityNet: features that are similar for cells of the same class.

Ahn and Kwak, "Learning Pixel-level Semantic Affinity with Image-level Supervision for Weakly
Supervised Semantic Segmentation" (CVPR 2018), section 3.2.

Differs from the paper: any backbone with two or more features is used and stays frozen; the paper's
ResNet-38 is trained as well, at a tenth of the learning rate.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.crf.paths import half_disc
from tag2mask.sharpening.pairs import Affinities

_WIDTH = 64


class AffinityNet(Affinities):
    """Map backbone features to one feature per cell, whose L1 distances give affinities."""

    def __init__(self, channels: Sequence[int]) -> None:
        """Draw the weights; `channels` are those of the features; the first sets the size."""
        super().__init__()
        self.levels = nn.ModuleList(nn.Conv2d(width, _WIDTH, 1, bias=False) for width in channels)
        self.last = nn.Conv2d(_WIDTH * len(channels), _WIDTH * len(channels), 1, bias=False)

    def affinities(self, features: list[Tensor], radius: int) -> Tensor:
        """Return the exponential of the negative mean difference (equation 1)."""
        size = features[0].shape[2:]
        levels = [
            F.interpolate(F.elu(level(feature)), size, mode="bilinear", align_corners=False)
            for level, feature in zip(self.levels, features, strict=True)
        ]
        cells = F.elu(self.last(torch.cat(levels, 1)))
        return torch.stack([_alike(cells, offset) for offset in half_disc(radius)], 1)


def _alike(cells: Tensor, offset: tuple[int, int]) -> Tensor:
    """Return the affinity of each cell with that at an offset: (B, C, h, w) to (B, h, w)."""
    dy, dx = offset
    height, width = cells.shape[2:]
    left, right = max(0, -dx), width - max(0, dx)
    if dy >= height or right <= left:
        return cells.new_zeros(len(cells), height, width)
    own = cells[..., : height - dy, left:right]
    other = cells[..., dy:, left + dx : right + dx]
    return F.pad((other - own).abs().mean(1).neg().exp(), (left, width - right, 0, dy))
