"""IRNet: a network that learns from maps alone where classes end.

Ahn et al., "Weakly Supervised Learning of Instance Segmentation with Inter-pixel Relations" (CVPR
2019), section 4. Heads over a frozen backbone give a boundary for each cell and a displacement
towards the middle of its object; two cells belong together as far as no boundary lies between them.

Differs from the paper: any backbone with two features or more in place of ResNet-50's five, and the
displacement head is as narrow as the boundary's.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.filtering.paths import between, half_disc
from tag2mask.sharpening.pairs import Pairs, mean_where, shifted

_WIDTH, _GROUPS = 32, 4


class BoundaryNet(nn.Module):
    """Features of a backbone to a boundary and a displacement."""

    def __init__(self, channels: Sequence[int]) -> None:
        """Draw the weights.

        Args:
            channels: of the features, high resolution first; the first tells the size.
        """
        super().__init__()
        self.edge = _Branch(channels, 1)
        self.displacement = _Branch(channels, 2)

    def affinities(self, features: list[Tensor], radius: int) -> Tensor:
        """Map features to affinities (B, P, h, w), P pairs as in `half_disc(radius)`."""
        return path_affinity(self.edge(features)[:, 0].sigmoid(), radius)

    def extra_loss(self, features: list[Tensor], labels: Tensor, radius: int) -> Tensor:
        """Let the displacements learn from labels (B, h, w) beside the boundary."""
        return displacement_loss(self.displacement(features), labels, radius=radius) / 2


class _Branch(nn.Module):
    """Each feature narrowed and brought to one size, then mixed."""

    def __init__(self, channels: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, _WIDTH, 1, bias=False), nn.GroupNorm(_GROUPS, _WIDTH))
            for width in channels
        )
        self.last = nn.Conv2d(_WIDTH * len(channels), outputs, 1)

    def forward(self, features: list[Tensor]) -> Tensor:
        size = features[0].shape[2:]
        levels = [
            F.interpolate(level(feature), size, mode="bilinear", align_corners=False).relu()
            for level, feature in zip(self.levels, features, strict=True)
        ]
        result: Tensor = self.last(torch.cat(levels, 1))
        return result


def path_affinity(boundary: Tensor, radius: int) -> Tensor:
    """Tell how far two cells belong together: one less the strongest boundary between them.

    Equation 6. Pairs that leave the map have affinity 0.

    Args:
        boundary: (B, h, w) in [0, 1].
        radius: of the disc around each cell.

    Returns:
        (B, P, h, w), P pairs as in `half_disc(radius)`.
    """
    height, width = boundary.shape[1:]
    planes = []
    for dy, dx in half_disc(radius):
        left, right = max(0, -dx), width - max(0, dx)
        if dy >= height or right <= left:
            planes.append(torch.zeros_like(boundary))
            continue
        strongest: Tensor | None = None
        for y, x in between((dy, dx)):
            seen = boundary[:, y : height - dy + y, left + x : right + x]
            strongest = seen if strongest is None else torch.maximum(strongest, seen)
        assert strongest is not None
        planes.append(F.pad(1 - strongest, (left, width - right, 0, dy)))
    return torch.stack(planes, 1)


def displacement_loss(displacement: Tensor, labels: Tensor, *, radius: int) -> Tensor:
    """Make displacements of one thing differ by where two cells lie, and of the background by 0.

    Equation 4.

    Args:
        displacement: (B, 2, h, w) in cells, y before x.
        labels: (B, h, w), 255 where nothing is known.
        radius: of pairs.

    Returns:
        a scalar.
    """
    pairs = Pairs(labels, radius)
    move = displacement[:, None] - shifted(displacement, radius, 0)
    offsets = torch.tensor(half_disc(radius), device=labels.device, dtype=displacement.dtype)
    missed = (move - offsets[None, :, :, None, None]).abs().sum(2)
    return mean_where(missed, pairs.thing) + mean_where(move.abs().sum(2), pairs.background)
