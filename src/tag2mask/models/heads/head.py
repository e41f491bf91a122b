"""The interface of class heads, and the plain head."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Head(nn.Module):
    """Maps features to class evidence, whose mean over the photo is the logit of the tag."""

    speed = 10.0
    """Learning rate relative to that of the backbone."""

    @property
    def core(self) -> Head:
        """The innermost head of a wrapped one; the head itself otherwise."""
        return self

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features, high resolution first, to evidence computed from the last.

        Returns:
            (B, K, h, w), unbounded.
        """
        raise NotImplementedError

    def read(self, features: list[Tensor], images: Tensor, classes: Tensor | None) -> Tensor:
        """Return the maps that CAM reads; the evidence itself, unless a method refines it.

        Args:
            features: of the photos.
            images: (B, 3, H, W), the photos.
            classes: (B, k), 0-based; all classes by default.

        Returns:
            (B, K, h, w), unbounded.
        """
        evidence: Tensor = self(features)
        return evidence

    def read_unshared(
        self, features: list[Tensor], images: Tensor, classes: Tensor | None
    ) -> Tensor:
        """Return the maps of `read` before a head has averaged them over similar cells."""
        return self.read(features, images, classes)

    def attention(self, features: list[Tensor]) -> Tensor | None:
        """Map features to the attention per class, (B, K, h, w) with a sum of 1.

        None for a head without attention.
        """
        return None

    @property
    def class_weight(self) -> Tensor | None:
        """The weight (K, C, 1, 1) if evidence is linear in the last feature; None otherwise."""
        return None


class ClassHead(Head):
    """A bias-free 1x1 layer over the last feature, averaged over the photo.

    Without a bias the photo's logit is the mean of the map's values, so the map explains the logit
    fully (CAM, Zhou et al., CVPR 2016, section 2).
    """

    def __init__(self, channels: int, num_classes: int, *, dropout: float = 0.0) -> None:
        """Initialise the weights.

        Args:
            channels: of the backbone's representation.
            num_classes: K.
            dropout: probability that a channel of the feature is zeroed in training.
        """
        super().__init__()
        self.dropout = nn.Dropout2d(dropout)
        self.layer = nn.Conv2d(channels, num_classes, 1, bias=False)

    @property
    def class_weight(self) -> Tensor | None:
        """The weight of the layer."""
        return self.layer.weight

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features to evidence (B, K, h, w)."""
        evidence: Tensor = self.layer(self.dropout(features[-1]))
        return evidence


def precise(values: Tensor) -> Tensor:
    """Convert to float32 or better, since means over a photo lose accuracy in less."""
    return values if values.dtype == torch.float64 else values.float()
