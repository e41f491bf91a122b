"""The protocol of training strategies: how a classifier is trained so that maps cover the object.

A strategy is one subclass of `TrainingStrategy`, registered by one line. It says everything about
itself: paper and cost, what it stacks with, the head, the batches, the losses, the rounds, and with
them how maps are read. Every part has a default that does nothing, so a strategy states only what
its paper adds.
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

from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import ClassHead, Classifier, Head, precise
from tag2mask.strategies.rounds import Rounds


@dataclass(frozen=True, kw_only=True)
class Crops:
    """Training crops before the forward pass."""

    images: Tensor
    """(B, 3, H, W), normalised."""
    tags: Tensor
    """(B, K), 0 or 1, or between where photos are mixed."""
    fill: Tensor
    """(3,), the training photos' mean colour, in the same normalisation."""
    labels: Tensor | None = None
    """(B, H, W) int64, what is certain of the pixels by annotations, else 255; None without any."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One forward pass of the training, as losses see it."""

    classifier: Classifier
    images: Tensor
    """(B, 3, H, W), as prepared."""
    tags: Tensor
    """(B, K), as prepared."""
    features: list[Tensor]
    """Of these images, as the head is given them."""

    @cached_property
    def evidence(self) -> Tensor:
        """(B, K, h, w), what the head makes of them."""
        return self.classifier.evidence_of(self.features)


class TrainingStrategy:
    """Plain training: the photos as they are, one head, one round."""

    paper: ClassVar[str] = "Zhou et al., CVPR 2016"
    """Where it comes from."""
    idea: ClassVar[str] = "the photos as they are"
    """What it does, in a few words."""
    cost: ClassVar[str] = "1"
    """Of a training step, relative to plain."""
    brings_head: ClassVar[bool] = False
    """Whether `build_head` is its own; a classifier has one head."""
    alone: ClassVar[str] = ""
    """Why it stacks with no other strategy, if so."""

    rounds: Rounds = Rounds()
    """How often it is trained, what happens in between, and how the rounds' maps are merged."""

    def head_for(self, backbone: BackboneModule, num_classes: int) -> Head:
        """Build the complete head over a backbone; its `read` returns the maps that CAM reads."""
        head = self.build_head(backbone.evidence_channels, num_classes)
        return self.wrap_head(head, backbone)

    def build_head(self, channels: int, num_classes: int) -> Head:
        """Build what turns features into class evidence (B, K, h, w)."""
        return ClassHead(channels, num_classes)

    def wrap_head(self, head: Head, backbone: BackboneModule) -> Head:
        """Wrap the head, which gets all features of the backbone."""
        return head

    def prepare_batch(self, crops: Crops, rng: np.random.Generator) -> Crops:
        """Change images and tags before the forward pass; `rng` is the batch's own."""
        return crops

    def more_views(self, step: Step) -> list[Step]:
        """Return further views of the same photos."""
        return []

    def tag_loss(self, view: Step) -> Tensor:
        """Score the tags of one view, each on its own."""
        return tag_loss(view.evidence, view.tags)

    def extra_loss(self, views: Sequence[Step]) -> Tensor | None:
        """Return what is added to the tags' loss, or None; the photos as prepared come first."""
        return None

    def loss(self, step: Step) -> Tensor:
        """Score the tags, by the mean of all views, and add what there is."""
        views = [step, *self.more_views(step)]
        loss, extra = torch.stack([*map(self.tag_loss, views)]).mean(), self.extra_loss(views)
        return loss if extra is None else loss + extra


class Plain(TrainingStrategy):
    """Plain training, by its name."""

    alone = "it adds nothing"


def tag_loss(evidence: Tensor, tags: Tensor) -> Tensor:
    """Score the mean of evidence (B, K, h, w) as logits of tags (B, K), each class on its own."""
    return F.multilabel_soft_margin_loss(precise(evidence).mean((2, 3)), tags)
