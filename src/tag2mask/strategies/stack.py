"""Combination of several training strategies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import Head
from tag2mask.strategies.strategy import Crops, Step, TrainingStrategy


class Stack(TrainingStrategy):
    """One head, all preparations in order, the sum of losses, and the most rounds of any part."""

    def __init__(
        self, parts: Sequence[TrainingStrategy], head: TrainingStrategy | None = None
    ) -> None:
        """Combine the strategies.

        Args:
            parts: strategies, in the order in which they change a batch.
            head: strategy that provides the head and the tag loss; plain training by default.
        """
        self._parts, self._head = tuple(parts), head or TrainingStrategy()
        self.rounds = max((part.rounds for part in parts), key=lambda rounds: rounds.count)

    def build_head(self, channels: int, num_classes: int) -> Head:
        """Build the head of the head's strategy."""
        return self._head.build_head(channels, num_classes)

    def wrap_head(self, head: Head, backbone: BackboneModule) -> Head:
        """Apply the wrappers of all parts."""
        for part in self._parts:
            head = part.wrap_head(head, backbone)
        return head

    def prepare_batch(self, crops: Crops, rng: np.random.Generator) -> Crops:
        """Apply the preparations of all parts."""
        for part in self._parts:
            crops = part.prepare_batch(crops, rng)
        return crops

    @property
    def changes_batch(self) -> bool:
        """Whether any part changes a batch."""
        return any(part.changes_batch for part in self._parts)

    def more_views(self, step: Step) -> list[Step]:
        """Return the views of all parts."""
        return [view for part in self._parts for view in part.more_views(step)]

    def tag_loss(self, view: Step) -> Tensor:
        """Compute the tag loss of the head's strategy."""
        return self._head.tag_loss(view)

    def extra_loss(self, views: Sequence[Step]) -> Tensor | None:
        """Sum the additional losses of all parts."""
        losses = [loss for part in self._parts if (loss := part.extra_loss(views)) is not None]
        return torch.stack(losses).sum() if losses else None
