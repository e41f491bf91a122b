"""ACoL, adversarial complementary learning: a second head learns from the remaining regions.

Zhang et al., "Adversarial Complementary Learning for Weakly Supervised Object Localization" (CVPR
2018). The first head's region of each tag is erased from the features of the second, and both learn
the tags. `acol:narrow` has heads of `NARROW` channels, where the paper's have 1,024.
"""

from __future__ import annotations

from torch import Tensor

from tag2mask.models.classifiers import Head
from tag2mask.models.heads.complementary import ComplementaryHead
from tag2mask.strategies.strategy import Step, TrainingStrategy, tag_loss

WIDTH, NARROW = 1024, 128


class Complementary(TrainingStrategy):
    """Plain training of two heads at once; the loss is the sum of theirs."""

    paper = "Zhang et al., CVPR 2018"
    idea = "a second head classifies by the regions that the first does not use"
    cost = "8"
    brings_head = True
    width = WIDTH

    def __init__(self, *, erase: float = 0.6) -> None:
        """Set the erasing threshold.

        Args:
            erase: fraction of its range above which the first head's map is erased, 0.5 to 0.9.
        """
        self._erase = erase

    def build_head(self, channels: int, num_classes: int) -> Head:
        """Build the two heads."""
        return ComplementaryHead(channels, num_classes, width=self.width, erase=self._erase)

    def tag_loss(self, view: Step) -> Tensor:
        """Compute the tag loss of both heads."""
        head = view.classifier.head.core
        assert isinstance(head, ComplementaryHead)
        left = head.complement(view.features, view.evidence, view.tags > 0)
        return tag_loss(view.evidence, view.tags) + tag_loss(left, view.tags)


class NarrowComplementary(Complementary):
    """ACoL with narrower heads."""

    idea = f"the same with heads of {NARROW} channels"
    cost = "2"
    width = NARROW
