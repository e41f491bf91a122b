"""What every class head is, and the plain one."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Head(nn.Module):
    """Turns features into class evidence, whose mean over the photo is the tag's logit."""

    speed = 10.0
    """Learning rate, over the backbone's."""

    @property
    def core(self) -> Head:
        """The head inside, of one that was put around another; itself otherwise."""
        return self

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features, high resolution first, the last of which tells classes, to evidence.

        Returns:
            (B, K, h, w), unbounded.
        """
        raise NotImplementedError

    def read(self, features: list[Tensor], images: Tensor, classes: Tensor | None) -> Tensor:
        """Give the maps that CAM reads; the evidence itself, unless a method refines it.

        Args:
            features: of the photos.
            images: (B, 3, H, W), the photos.
            classes: (B, k), the 0-based classes asked for; all when left out.

        Returns:
            (B, K, h, w), unbounded.
        """
        evidence: Tensor = self(features)
        return evidence

    def read_unshared(
        self, features: list[Tensor], images: Tensor, classes: Tensor | None
    ) -> Tensor:
        """Give what `read` gives, before a head that shares maps among like places has done so."""
        return self.read(features, images, classes)

    def attention(self, features: list[Tensor]) -> Tensor | None:
        """Map features to where the head looks for each class, (B, K, h, w) that sum up to 1.

        None, where it looks everywhere alike.
        """
        return None

    @property
    def class_weight(self) -> Tensor | None:
        """The layer (K, C, 1, 1), where evidence is the last feature times it; None elsewhere."""
        return None


class ClassHead(Head):
    """A bias-free 1x1 layer over the last feature, averaged over the photo.

    Without a bias the photo's logit is the mean of the map's values, so the map explains the logit
    fully (CAM, Zhou et al., CVPR 2016, section 2).
    """

    def __init__(self, channels: int, num_classes: int, *, dropout: float = 0.0) -> None:
        """Draw the weights.

        Args:
            channels: of the backbone's representation.
            num_classes: K.
            dropout: chance of each channel of the feature to be left out in training.
        """
        super().__init__()
        self.dropout = nn.Dropout2d(dropout)
        self.layer = nn.Conv2d(channels, num_classes, 1, bias=False)

    @property
    def class_weight(self) -> Tensor | None:
        """The layer's."""
        return self.layer.weight

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features to evidence (B, K, h, w)."""
        evidence: Tensor = self.layer(self.dropout(features[-1]))
        return evidence


def precise(values: Tensor) -> Tensor:
    """Leave a precision under float32, which means over a photo would suffer from."""
    return values if values.dtype == torch.float64 else values.float()
