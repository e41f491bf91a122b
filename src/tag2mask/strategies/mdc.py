"""MDC, multi-dilated convolution: one class head per dilation, with combined maps.

Wei et al., "Revisiting Dilated Convolution: A Simple Approach for Weakly- and Semi-Supervised
Semantic Segmentation" (CVPR 2018), section 3.2.

Differs from the paper: the branches' losses are averaged, not summed, which keeps their weight
relative to other losses; the paper does not clearly state the number of channels of a branch.
`mdc:narrow` first reduces the feature to `NARROW` channels, which is feasible on a CPU.
"""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.models.classifiers import Head
from tag2mask.models.heads.dilated import DilatedHead
from tag2mask.strategies.strategy import Step, TrainingStrategy, tag_loss

WIDTH, NARROW = 512, 128


class MultiDilated(TrainingStrategy):
    """Plain training of four branches, each of which predicts the tags independently."""

    paper = "Wei et al., CVPR 2018"
    idea = "class heads with windows of several widths, their maps joined"
    cost = "4"
    brings_head = True
    width, squeeze = WIDTH, 0

    def build_head(self, channels: int, num_classes: int) -> Head:
        """Build the four branches."""
        return DilatedHead(channels, num_classes, width=self.width, squeeze=self.squeeze)

    def tag_loss(self, view: Step) -> Tensor:
        """Compute the mean tag loss of the branches."""
        head = view.classifier.head.core
        assert isinstance(head, DilatedHead)
        losses = [tag_loss(each, view.tags) for each in head.by_branch(view.features)]
        return torch.stack(losses).mean()


class NarrowMultiDilated(MultiDilated):
    """MDC after a layer that reduces the number of channels."""

    idea = f"the same behind a layer of {NARROW} channels"
    cost = "1.1"
    width, squeeze = NARROW, NARROW
