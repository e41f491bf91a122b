"""A backbone, a class layer and a pooling: tags in, tags out, and maps to be read from inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tag2mask.backbones.module import BackboneModule
from tag2mask.classification.attention_head import AttentionHead
from tag2mask.classification.spec import ClassifierSpec
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import resize, scale_to, to_images


class ClassHead(nn.Module):
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

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features, the last of which tells classes, to evidence (B, K, h, w), unbounded."""
        evidence: Tensor = self.layer(self.dropout(features[-1]))
        return evidence


class Classifier(nn.Module):
    """Backbone and head: the mean of the head's class evidence is the tag's logit."""

    map_layer = "representation"
    """The layer that maps are read from where none is named."""

    def __init__(
        self, backbone: BackboneModule, head: nn.Module, spec: ClassifierSpec | None = None
    ) -> None:
        """Join the two.

        Args:
            backbone: gives features, high resolution first.
            head: turns them into class evidence (B, K, h, w).
            spec: how they were built, for those that belong to a run.
        """
        super().__init__()
        self.backbone, self.head = backbone, head
        self.representation = nn.Identity()  # so that what the head sees has a name
        self._spec = spec

    @property
    def spec(self) -> ClassifierSpec:
        """How it was built; an AttributeError for a classifier that belongs to no run."""
        if self._spec is None:
            raise AttributeError("this classifier was built by hand and has no spec")
        return self._spec

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to tag logits (B, K)."""
        return self.evidence(images).mean((2, 3))

    def evidence(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to class evidence (B, K, h, w), whose mean is the logit."""
        evidence: Tensor = self.head(self._features(images))
        return evidence if evidence.dtype == torch.float64 else evidence.float()

    def attention(self, images: Tensor) -> Tensor | None:
        """Map images (B, 3, H, W) to where the head looks for each class, if it says so.

        Returns:
            (B, K, h, w), summing up to 1; None where the head looks everywhere alike.
        """
        if not isinstance(self.head, AttentionHead):
            return None
        return self.head.attention(self._features(images)).float()

    def _features(self, images: Tensor) -> list[Tensor]:
        features = self.backbone(images)
        return [*features[:-1], self.representation(self.backbone.representation(features))]

    def open(self, photo: str | Path | np.ndarray) -> Tensor:
        """Read a photo as this classifier's input.

        Args:
            photo: a file, or (H, W, 3) uint8.

        Returns:
            (1, 3, h, w), normalised, at the size that the classifier was trained for; the photo's
            own size where the classifier comes from no run.
        """
        pixels = photo if isinstance(photo, np.ndarray) else load_photo(Path(photo))
        if self._spec is not None:
            size = pixels.shape[0], pixels.shape[1]
            pixels = resize(pixels, scale_to(size, self._spec.long_side))
        images = to_images([pixels], self.backbone.pixel_mean, self.backbone.pixel_std)
        return images.to(next(self.parameters()).device)
