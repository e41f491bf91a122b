"""Training in rounds: each with the regions of earlier rounds erased, or each from the start."""

from __future__ import annotations

import numpy as np


class Rounds:
    """A single round on unchanged photos; subclasses define several rounds and the erasing.

    Rounds are counted from 1. Erased regions have the mean colour in all later rounds.
    """

    count = 1
    """Maximum number of rounds; a class can stop earlier."""
    independent = False
    """Whether each round trains a classifier from the start on unchanged photos; else rounds go on
    with the weights of the previous one, on photos with regions erased."""

    def epochs(self, number: int, epochs: int) -> int:
        """Return the number of epochs of round `number`, given that of a plain training."""
        return epochs

    def predicts(self, losses: np.ndarray, guessing: np.ndarray) -> np.ndarray:
        """Return which classes a round predicts better than chance.

        A class that is in every photo has a chance loss of 0, so it never is.

        Args:
            losses: (K,), losses on held-out photos with the round's erased regions.
            guessing: (K,), losses of always predicting the frequency of the class.

        Returns:
            (K,) bool; other classes are not erased further, and the round's maps of them are not
            used.
        """
        return losses < guessing

    def erase(self, maps: np.ndarray, erased: np.ndarray) -> np.ndarray:
        """Add the regions that a round found on a photo to the erased ones.

        Args:
            maps: (k, H, W) in [0, 1], maps of the present classes that are predicted.
            erased: (H, W) bool, regions erased by earlier rounds.

        Returns:
            (H, W) bool, true wherever `erased` is.
        """
        return erased

    def merge(self, maps: np.ndarray) -> np.ndarray:
        """Merge the maps of all rounds.

        Args:
            maps: (T, h, w) in [0, 1], maps of the rounds that predict the class.

        Returns:
            (h, w) in [0, 1].
        """
        first: np.ndarray = maps[0]
        return first
