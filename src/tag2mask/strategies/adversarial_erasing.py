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
    """Plain training in three rounds, each of photos without what the rounds before it found.

    Differs from the paper: later rounds go on from the weights of the one before and are a fifth
    as long; a class stops when it is predicted no better than by chance, while the paper uses three
    rounds for all; the erased share of a photo is limited; rounds are merged by a sum in which
    later ones weigh less, where the paper joins regions; the photos' background does not come from
    a saliency network.
    """

    paper = "Wei et al., CVPR 2017"
    idea = "erase the discriminative regions of each class and continue training"
    cost = "1.6 in all"

    def __init__(self) -> None:
        """Create the strategy with its rounds."""
        self.rounds = ErasingRounds()


class ErasingRounds(Rounds):
    """What is erased, how much, for how many epochs, and how rounds are merged."""

    count = 3
    """As published: in the fourth the paper finds background."""
    length = 0.2
    """Of a later round, over the first."""
    level = 0.8
    """Of a map's peak, from which on it is erased. The paper's "top 20 %" can be read as what is
    above 0.8 of the peak, above 0.2 of it, or as a share of the photo; 0.5 erased so much of the
    drawn scenes that no class could be predicted in round 2."""
    limit = 0.4
    """Most of a photo that may be erased: larger objects are there, but rarely, and beyond that
    erasing eats the ground."""
    later = 0.85
    """What a round's map counts, over the one before."""

    def epochs(self, number: int, epochs: int) -> int:
        """Keep later rounds short, but an epoch at least."""
        return epochs if number == 1 else max(1, round(self.length * epochs))

    def erase(self, maps: np.ndarray, erased: np.ndarray) -> np.ndarray:
        """Erase values of `level` times the peak or more, the highest first, up to the limit.

        Only regions that are not erased yet count for the peak.
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
