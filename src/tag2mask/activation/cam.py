"""CAM: the class layer applied to every cell of the last feature (Zhou et al., CVPR 2016).

Any number of classes comes out of one forward pass, with no hooks and no backward.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from tag2mask.contracts import Backbone


class HasEvidence(Protocol):
    """A classifier whose head gives class evidence before pooling."""

    @property
    def backbone(self) -> Backbone:
        """What its features come from."""
        ...

    def evidence(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to class evidence (B, K, h, w)."""
        ...


def cam(classifier: HasEvidence, images: Tensor) -> Tensor:
    """Read the positive class evidence of every cell (section 2, equation 2).

    Args:
        classifier: gives evidence (B, K, h, w).
        images: (B, 3, H, W), normalised.

    Returns:
        (B, K, h, w) float32, 0 or more, not yet normalised: maps of several scales are added first.
    """
    return classifier.evidence(images).clamp_min(0)
