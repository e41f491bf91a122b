"""The protocol of training strategies: how a classifier is taught to see the whole object.

Every method has a default that does nothing, so a strategy states only what its paper adds.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from tag2mask.classification.classifier import ClassHead, Classifier


class TrainingStrategy:
    """Plain training: the photos as they are, one head."""

    def build_head(self, channels: int, num_classes: int) -> nn.Module:
        """Build what turns features into class evidence (B, K, h, w)."""
        return ClassHead(channels, num_classes)

    def prepare_batch(
        self, images: Tensor, tags: Tensor, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """Change images (B, 3, H, W) and tags (B, K) before the forward pass."""
        return images, tags

    def extra_loss(
        self, classifier: Classifier, images: Tensor, tags: Tensor, evidence: Tensor
    ) -> Tensor | None:
        """Return what is added to the classification loss, or None.

        Args:
            classifier: the model being trained.
            images: (B, 3, H, W), as prepared.
            tags: (B, K), as prepared.
            evidence: (B, K, h, w), of these images.
        """
        return None
