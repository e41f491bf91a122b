"""Attention pooling: the classifier learns an attention map for each class."""

from __future__ import annotations

from tag2mask.models.classifiers import Head
from tag2mask.models.heads.attention import AttentionHead
from tag2mask.strategies.strategy import TrainingStrategy


class AttentionPooling(TrainingStrategy):
    """Plain training of a head with an attention per class, for the map method `attention`.

    It attends to the most discriminative parts, so its maps are small and precise.
    """

    paper = "Ilse et al., ICML 2018"
    idea = "the head learns where to look for each class"
    brings_head = True

    def build_head(self, channels: int, num_classes: int) -> Head:
        """Build a head that pools by attention."""
        return AttentionHead(channels, num_classes)
