"""Adversarial erasing (AE-PSL): erase discriminative regions and train again on the rest.

Wei et al., "Object Region Mining with Adversarial Erasing: A Simple Classification to Semantic
Segmentation Approach" (CVPR 2017), section 3.1 and algorithm 1. Its other half, prohibitive
segmentation learning, is `segment.loss=psl`.
"""

from __future__ import annotations

import numpy as np

from tag2mask.strategies.rounds import Rounds
from tag2mask.strategies.strategy import TrainingStrategy


class AdversarialErasing(TrainingStrategy):
    """Plain training in three rounds, each with the regions found by earlier rounds erased.

    Differs from the paper: later rounds continue from the weights of the previous one and are a
    fifth as long; a class stops when it is predicted no better than by chance, while the paper uses
    three rounds for all; the erased fraction of a photo is limited; rounds are merged by a sum in
    which later ones have less weight, where the paper takes the union of regions; the background
    does not come from a saliency network.
    """

    paper = "Wei et al., CVPR 2017"
    idea = "erase the discriminative regions of each class and continue training"
    cost = "1.6 in all"

    def __init__(self) -> None:
        """Create the strategy with its rounds."""
        self.rounds = ErasingRounds()


class ErasingRounds(Rounds):
    """Settings of the rounds: erased regions, number of epochs, and the merging of maps."""

    count = 3
    """As published; in a fourth round, the paper finds background."""
    length = 0.2
    """Length of a later round, relative to the first."""
    level = 0.8
    """Fraction of a map's peak from which a cell is erased. The paper's "top 20 %" can be read as
    above 0.8 of the peak, above 0.2 of it, or as a fraction of the photo; 0.5 erased so much of the
    drawn scenes that no class could be predicted in round 2."""
    limit = 0.4
    """Maximum erased fraction of a photo: larger objects are rare, and more erasing would remove
    mostly background."""
    later = 0.85
    """Weight of a round's map, relative to the previous round."""

    def epochs(self, number: int, epochs: int) -> int:
        """Shorten later rounds, to at least one epoch."""
        return epochs if number == 1 else max(1, round(self.length * epochs))

    def erase(self, maps: np.ndarray, erased: np.ndarray) -> np.ndarray:
        """Erase values of `level` times the peak or more, the highest first, up to the limit.

        The peak is taken over regions that are not erased yet.
        """
        seen = np.where(erased, 0, maps).astype(np.float32)
        peaks = seen.max((1, 2), keepdims=True)
        height = (seen / np.maximum(peaks, 1e-8)).max(0, initial=0).ravel()
        room = max(0, int(self.limit * erased.size) - int(erased.sum()))
        highest = np.argsort(-height, kind="stable")[:room]
        taken = erased.ravel().copy()
        taken[highest[height[highest] >= self.level]] = True
        return taken.reshape(erased.shape)

    def merge(self, maps: np.ndarray) -> np.ndarray:
        """Sum the weighted maps of all rounds, and divide by the peak.

        A union would keep background that a single round found; in the sum it stays small, while
        object parts that several rounds find add up.
        """
        weights = self.later ** np.arange(len(maps))
        total: np.ndarray = (maps * weights[:, None, None]).sum(0)
        return total / max(float(total.max()), 1e-8)
