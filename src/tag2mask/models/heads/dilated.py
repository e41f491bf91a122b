"""A class head with dilated convolutions of several receptive fields."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tag2mask.models.heads.head import Head


class DilatedHead(Head):
    """Branches of one 3x3 layer each, of several dilations, each with a class layer of its own.

    Multi-dilated convolution: Wei et al., "Revisiting Dilated Convolution: A Simple Approach for
    Weakly- and Semi-Supervised Semantic Segmentation" (CVPR 2018), section 3.2. The evidence is
    that of the first branch plus the mean of the others': a small receptive field is exact, a large
    one extends the class to parts near a discriminative one, and their mean keeps the consensus.
    """

    speed = 7.0  # at 2.5, 150 steps are too few for twenty classes; see docs/strategies.md

    def __init__(
        self, channels: int, num_classes: int, *, dilations: tuple[int, ...] = (1, 3, 6, 9),
        width: int = 512, squeeze: int = 0,
    ) -> None:
        """Initialise the weights.

        Args:
            channels: number of channels of the classified feature.
            num_classes: K.
            dilations: dilation of each branch, the smallest first.
            width: number of channels of a branch.
            squeeze: output channels of a preceding 1x1 layer; 0 for none.
        """
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1) if squeeze else nn.Identity()
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(squeeze or channels, width, 3, padding=rate, dilation=rate),
                nn.ReLU(inplace=True), nn.Conv2d(width, num_classes, 1, bias=False),
            )
            for rate in dilations
        )

    def by_branch(self, features: list[Tensor]) -> list[Tensor]:
        """Map features to the evidence (B, K, h, w) of every branch."""
        shared = self.squeeze(features[-1])
        return [branch(shared) for branch in self.branches]

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features to evidence (B, K, h, w): H0 + (1 / n) * (H1 + ... + Hn)."""
        narrow, *wide = self.by_branch(features)
        return narrow + torch.stack(wide).mean(0)
