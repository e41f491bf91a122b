"""Two class heads on one feature; the regions found by the first are erased for the second."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tag2mask.maps.normalising import normalise_max
from tag2mask.models.heads.head import Head


class ComplementaryHead(Head):
    """Adversarial complementary learning: Zhang et al. (CVPR 2018), section 3.2.

    The evidence for the tags is the first head's. Maps are the maximum of both, each divided by
    its own maximum.

    Differs from the paper: with several tags the union of their regions is erased; without tags,
    the regions of the classes that the first head predicts.
    """

    speed = 2.5

    def __init__(
        self, channels: int, num_classes: int, *, width: int = 1024, erase: float = 0.6
    ) -> None:
        """Initialise the weights.

        Args:
            channels: number of channels of the classified feature.
            num_classes: K.
            width: channels of the heads' two 3x3 layers.
            erase: cells above this fraction of a map's range are erased, in (0, 1).
        """
        super().__init__()
        self.first, self.second = (_branch(channels, width, num_classes) for _ in range(2))
        self._erase = erase

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features to the first head's evidence (B, K, h, w)."""
        evidence: Tensor = self.first(features[-1])
        return evidence

    def complement(self, features: list[Tensor], evidence: Tensor, present: Tensor) -> Tensor:
        """Map the features, with the first head's regions erased, to the second head's evidence.

        Args:
            features: as for `forward`.
            evidence: (B, K, h, w), the first head's.
            present: (B, K) bool, the classes whose regions are erased.

        Returns:
            (B, K, h, w).
        """
        kept = ~erased_region(evidence, present, at=self._erase)
        found: Tensor = self.second(features[-1] * kept)
        return found

    def read(self, features: list[Tensor], images: Tensor, classes: Tensor | None) -> Tensor:
        """Return the maximum of both heads' maps (B, K, h, w), each in 0..1."""
        evidence = self(features)
        logits = evidence.mean((2, 3))
        if classes is None:
            present = (logits > 0) | (logits == logits.amax(1, keepdim=True))
        else:
            present = torch.zeros_like(logits, dtype=torch.bool).scatter(1, classes, value=True)
        other = self.complement(features, evidence, present)
        return torch.maximum(*(normalise_max(each.clamp_min(0)) for each in (evidence, other)))


def erased_region(evidence: Tensor, present: Tensor, *, at: float) -> Tensor:
    """Return where the map of any present class, scaled to 0..1, reaches a value.

    Args:
        evidence: (B, K, h, w); no gradient goes through it.
        present: (B, K) bool.
        at: the value.

    Returns:
        (B, 1, h, w) bool; a constant map has no region.
    """
    maps = evidence.detach().float()
    low, high = maps.amin((2, 3), keepdim=True), maps.amax((2, 3), keepdim=True)
    reached = (maps - low >= at * (high - low)) & (high > low)
    return (reached & present[:, :, None, None]).any(1, keepdim=True)


def _branch(channels: int, width: int, num_classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True),
        nn.Conv2d(width, num_classes, 1),
    )
