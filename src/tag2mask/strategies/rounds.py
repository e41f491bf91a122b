"""Training in rounds: again and again, each time without what the round before went by."""

from __future__ import annotations

import numpy as np


class Rounds:
    """One round of photos as they are; a strategy with more says what happens between them.

    Rounds are counted from 1. What a round erases is the mean colour in all later ones.
    """

    count = 1
    """Most rounds there are; a class can stop earlier."""

    def epochs(self, number: int, epochs: int) -> int:
        """Say how many epochs the round `number` has, where a plain training has `epochs`."""
        return epochs

    def tells(self, losses: np.ndarray, guessing: np.ndarray) -> np.ndarray:
        """Say which classes a round still tells better than guessing does.

        Nothing is better than a loss of 0, so a class that is on every photo is not told.

        Args:
            losses: (K,) of held-out photos, as the round sees them.
            guessing: (K,) of always saying the class's own share.

        Returns:
            (K,) bool; a class that is not told is erased no further, and the round's maps of it do
            not count.
        """
        return losses < guessing

    def erase(self, maps: np.ndarray, erased: np.ndarray) -> np.ndarray:
        """Add what a round found on a photo to what is erased.

        Args:
            maps: (k, H, W) in [0, 1], of the classes that are there and told.
            erased: (H, W) bool, by earlier rounds.

        Returns:
            (H, W) bool, true wherever `erased` is.
        """
        return erased

    def merge(self, maps: np.ndarray) -> np.ndarray:
        """Make one map of those of all rounds.

        Args:
            maps: (T, h, w) in [0, 1], of the rounds in which the class is told.

        Returns:
            (h, w) in [0, 1].
        """
        first: np.ndarray = maps[0]
        return first
