"""IRNet: a network that learns class boundaries from maps alone.

Ahn et al., "Weakly Supervised Learning of Instance Segmentation with Inter-pixel Relations" (CVPR
2019), section 4. A head over a frozen backbone predicts boundaries; the affinity of two cells is
high if no boundary is between them.

Differs from the paper: any backbone in place of ResNet-50 and its five features; the displacement
field, which separates instances and is independent of the boundary, is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.crf.path_maximum import path_maximum
from tag2mask.sharpening.pairs import Affinities

_WIDTH, _GROUPS = 32, 4


class BoundaryNet(Affinities):
    """Maps backbone features to a boundary map: each is reduced, resized, and then fused."""

    def __init__(self, channels: Sequence[int]) -> None:
        """Draw the weights.

        Args:
            channels: of the features, high resolution first; the first sets the size.
        """
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, _WIDTH, 1, bias=False), nn.GroupNorm(_GROUPS, _WIDTH))
            for width in channels
        )
        self.last = nn.Conv2d(_WIDTH * len(channels), 1, 1)

    def boundary(self, features: list[Tensor]) -> Tensor:
        """Map features to the boundary confidence of each cell: (B, h, w) in [0, 1]."""
        size = features[0].shape[2:]
        levels = [
            F.interpolate(level(feature), size, mode="bilinear", align_corners=False).relu()
            for level, feature in zip(self.levels, features, strict=True)
        ]
        logits: Tensor = self.last(torch.cat(levels, 1))
        return logits[:, 0].sigmoid()

    def affinities(self, features: list[Tensor], radius: int) -> Tensor:
        """Return one minus the strongest boundary on the path between cells (equation 6)."""
        return self.walls(features, radius)[0]

    def walls(self, features: list[Tensor], radius: int) -> tuple[Tensor, Tensor]:
        """Return affinities, and the boundary, where no walk starts (as in IRNet's code)."""
        boundary = self.boundary(features)
        return 1 - path_maximum(boundary, radius), boundary
