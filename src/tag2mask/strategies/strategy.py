"""Base class of training strategies, which train a classifier whose maps cover whole objects.

A strategy is one subclass of `TrainingStrategy`, registered by one line. It defines its paper and
cost, its compatibility with other strategies, the head, the batches, the losses and the rounds,
including the merging of maps. The defaults are those of plain training, so a subclass only defines
the additions of its paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.processes.batch_share import BatchShare
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import ClassHead, Classifier, Head, precise
from tag2mask.strategies.rounds import Rounds


@dataclass(frozen=True, kw_only=True)
class Crops:
    """Training crops before the forward pass."""

    images: Tensor
    """(B, 3, H, W), normalised."""
    tags: Tensor
    """(B, K), 0 or 1, or in between for mixed photos."""
    fill: Tensor
    """(3,), mean colour of the training photos, in the same normalisation."""
    labels: Tensor | None = None
    """(B, H, W) int64, annotated labels, 255 elsewhere; None without annotations."""
    share: BatchShare | None = None
    """The photos of the batch that these crops are, if several processes train."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """The input of the losses for one forward pass."""

    classifier: Classifier
    images: Tensor
    """(B, 3, H, W), as prepared."""
    tags: Tensor
    """(B, K), as prepared."""
    features: list[Tensor]
    """Features of these images, the input of the head."""

    @cached_property
    def evidence(self) -> Tensor:
        """(B, K, h, w), class evidence computed by the head."""
        return self.classifier.evidence_of(self.features)


class TrainingStrategy:
    """Plain training: unchanged photos, one head, one round."""

    paper: ClassVar[str] = "Zhou et al., CVPR 2016"
    """Reference of the strategy."""
    idea: ClassVar[str] = "the photos as they are"
    """Short description of the strategy."""
    cost: ClassVar[str] = "1"
    """Cost of a training step, relative to plain training."""
    brings_head: ClassVar[bool] = False
    """Whether the strategy defines its own `build_head`; a classifier has only one head."""
    alone: ClassVar[str] = ""
    """Reason why it cannot be combined with other strategies; "" if it can."""

    rounds: Rounds = Rounds()
    """Number of training rounds, erasing between them, and the merging of their maps."""

    def head_for(self, backbone: BackboneModule, num_classes: int) -> Head:
        """Build the complete head over a backbone; its `read` returns the maps that CAM reads."""
        head = self.build_head(backbone.evidence_channels, num_classes)
        return self.wrap_head(head, backbone)

    def build_head(self, channels: int, num_classes: int) -> Head:
        """Build the head that maps features to class evidence (B, K, h, w)."""
        return ClassHead(channels, num_classes)

    def wrap_head(self, head: Head, backbone: BackboneModule) -> Head:
        """Wrap the head, whose input is all features of the backbone."""
        return head

    def prepare_batch(self, crops: Crops, rng: np.random.Generator) -> Crops:
        """Change images and tags before the forward pass; `rng` is specific to the batch."""
        return crops

    @property
    def changes_batch(self) -> bool:
        """Whether `prepare_batch` does anything; it then needs all photos of a batch.

        Several processes share out the reading of a batch only if not.
        """
        return type(self).prepare_batch is not TrainingStrategy.prepare_batch

    def more_views(self, step: Step) -> list[Step]:
        """Return additional views of the same photos."""
        return []

    def tag_loss(self, view: Step) -> Tensor:
        """Compute the tag loss of one view, with independent classes."""
        return tag_loss(view.evidence, view.tags)

    def extra_loss(self, views: Sequence[Step]) -> Tensor | None:
        """Return an additional loss, or None; the first view is the prepared photos."""
        return None

    def loss(self, step: Step) -> Tensor:
        """Average the tag loss over all views, and add the additional loss, if any."""
        views = [step, *self.more_views(step)]
        loss, extra = torch.stack([*map(self.tag_loss, views)]).mean(), self.extra_loss(views)
        return loss if extra is None else loss + extra


class Plain(TrainingStrategy):
    """Plain training, under its registered name."""

    alone = "it adds nothing"


def tag_loss(evidence: Tensor, tags: Tensor) -> Tensor:
    """Compute the binary cross-entropy of tags (B, K) and the mean of evidence (B, K, h, w)."""
    return F.multilabel_soft_margin_loss(precise(evidence).mean((2, 3)), tags)
