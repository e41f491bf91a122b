"""MDC, multi-dilated convolution: one class head per dilation, their maps joined.

Wei et al., "Revisiting Dilated Convolution: A Simple Approach for Weakly- and Semi-Supervised
Semantic Segmentation" (CVPR 2018), section 3.2.

Differs from the paper: the branches' losses are averaged, not summed, which leaves their weight
against other losses as it is; how many channels a branch has is not certain. `mdc:narrow` first
brings the feature down to `NARROW` channels, which a CPU can afford.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.models.classifiers import Head
from tag2mask.models.heads.dilated import DilatedHead
from tag2mask.strategies.strategy import Step, TrainingStrategy, tag_loss

WIDTH, NARROW = 512, 128


class MultiDilated(TrainingStrategy):
    """Plain training of four branches, each of which predicts the tags by itself."""

    paper = "Wei et al., CVPR 2018"
    idea = "class heads with windows of several widths, their maps joined"
    cost = "4"
    brings_head = True
    width, squeeze = WIDTH, 0

    def build_head(self, channels: int, num_classes: int) -> Head:
        """Build the four branches."""
        return DilatedHead(channels, num_classes, width=self.width, squeeze=self.squeeze)

    def tag_loss(self, view: Step) -> Tensor:
        """Score the tags by every branch."""
        head = view.classifier.head.core
        assert isinstance(head, DilatedHead)
        losses = [tag_loss(each, view.tags) for each in head.by_branch(view.features)]
        return torch.stack(losses).mean()


class NarrowMultiDilated(MultiDilated):
    """The same behind a layer of few channels."""

    idea = f"the same behind a layer of {NARROW} channels"
    cost = "1.1"
    width, squeeze = NARROW, NARROW
