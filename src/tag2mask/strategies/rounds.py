"""Training in rounds, each without the regions that the rounds before used."""

from __future__ import annotations

import numpy as np


class Rounds:
    """A single round of unchanged photos; a strategy with more defines what happens between them.

    Rounds are counted from 1. Erased regions have the mean colour in all later rounds.
    """

    count = 1
    """Most rounds there are; a class can stop earlier."""

    def epochs(self, number: int, epochs: int) -> int:
        """Return the epochs of round `number`, given those of a plain training."""
        return epochs

    def predicts(self, losses: np.ndarray, guessing: np.ndarray) -> np.ndarray:
        """Return which classes a round predicts better than chance.

        A class that is on every photo has a chance loss of 0, so it never is.

        Args:
            losses: (K,) on held-out photos, as the round gets them.
            guessing: (K,), of always predicting the frequency of the class.

        Returns:
            (K,) bool; other classes are not erased further, and the round's maps of them are not
            used.
        """
        return losses < guessing

    def erase(self, maps: np.ndarray, erased: np.ndarray) -> np.ndarray:
        """Add the regions that a round found on a photo to the erased ones.

        Args:
            maps: (k, H, W) in [0, 1], of the present classes that are predicted.
            erased: (H, W) bool, by earlier rounds.

        Returns:
            (H, W) bool, true wherever `erased` is.
        """
        return erased

    def merge(self, maps: np.ndarray) -> np.ndarray:
        """Merge the maps of all rounds.

        Args:
            maps: (T, h, w) in [0, 1], of the rounds that predict the class.

        Returns:
            (h, w) in [0, 1].
        """
        first: np.ndarray = maps[0]
        return first
