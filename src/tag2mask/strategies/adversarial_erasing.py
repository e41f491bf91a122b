"""Adversarial erasing (AE-PSL): take away what the classifier goes by, and it has to look further.

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
    as long; a class stops when it is no longer told, where the paper takes three rounds for all;
    the erased share of a photo is limited; rounds are merged by a maximum in which later ones
    weigh less, where the paper joins regions; the photos' background does not come from a saliency
    network.
    """

    def __init__(self) -> None:
        """Have rounds."""
        self.rounds = ErasingRounds()


class ErasingRounds(Rounds):
    """What is erased, how much of it, for how long, and what the rounds are worth together."""

    count = 3
    """As published: in the fourth the paper finds background."""
    length = 0.2
    """Of a later round, over the first."""
    level = 0.8
    """Of a map's peak, from which on it is erased. The paper erases "the top 20 %", which can be
    read as a share of the peak or of the photo."""
    limit = 0.4
    """Most of a photo that may be erased: larger objects are there, but rarely, and beyond that
    erasing eats the ground."""
    least = 0.1
    """Share of the guessing's loss by which a class that is told must be better."""
    later = 0.7
    """What a round's map counts, over the one before."""

    def epochs(self, number: int, epochs: int) -> int:
        """Keep later rounds short, but an epoch at least."""
        return epochs if number == 1 else max(1, round(self.length * epochs))

    def tells(self, losses: np.ndarray, guessing: np.ndarray) -> np.ndarray:
        """Ask for a loss well under that of guessing; nothing is under that of one outcome, 0."""
        told: np.ndarray = losses < (1 - self.least) * guessing
        return told

    def erase(self, maps: np.ndarray, erased: np.ndarray) -> np.ndarray:
        """Take what lies at `level` of a map's peak or above, the highest first, up to the limit.

        The peak is that of what is still to be seen: a map can also be high where nothing is left.
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
        """Take the largest of all rounds' values, each weighed by its round."""
        weights = self.later ** np.arange(len(maps))
        merged: np.ndarray = (maps * weights[:, None, None]).max(0)
        return merged
