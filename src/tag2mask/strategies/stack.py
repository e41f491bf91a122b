"""Several training strategies at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import Head
from tag2mask.strategies.strategy import Crops, Step, TrainingStrategy


class Stack(TrainingStrategy):
    """One head, all preparations in their order, all losses added; rounds of the part with most."""

    def __init__(
        self, parts: Sequence[TrainingStrategy], head: TrainingStrategy | None = None
    ) -> None:
        """Combine them.

        Args:
            parts: in the order in which they change a batch.
            head: the one whose head is trained, with its own loss of the tags; the plain one when
                left out.
        """
        self._parts, self._head = tuple(parts), head or TrainingStrategy()
        self.rounds = max((part.rounds for part in parts), key=lambda rounds: rounds.count)

    def build_head(self, channels: int, num_classes: int) -> Head:
        """Build the one head."""
        return self._head.build_head(channels, num_classes)

    def wrap_head(self, head: Head, backbone: BackboneModule) -> Head:
        """Let every part put something around it."""
        for part in self._parts:
            head = part.wrap_head(head, backbone)
        return head

    def prepare_batch(self, crops: Crops, rng: np.random.Generator) -> Crops:
        """Let every part change the batch."""
        for part in self._parts:
            crops = part.prepare_batch(crops, rng)
        return crops

    def more_views(self, step: Step) -> list[Step]:
        """Return the views of all parts."""
        return [view for part in self._parts for view in part.more_views(step)]

    def tag_loss(self, view: Step) -> Tensor:
        """Score the tags as the head's strategy does."""
        return self._head.tag_loss(view)

    def extra_loss(self, views: Sequence[Step]) -> Tensor | None:
        """Add up what the parts add."""
        losses = [loss for part in self._parts if (loss := part.extra_loss(views)) is not None]
        return torch.stack(losses).sum() if losses else None
