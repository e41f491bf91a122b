"""Ensemble: several classifiers, each trained from the start, whose maps are averaged.

Lakshminarayanan et al., "Simple and Scalable Predictive Uncertainty Estimation using Deep
Ensembles" (NeurIPS 2017), section 2.4: the same training with other random numbers, and the mean of
what the networks predict. What one classifier marks by chance is not marked by the other.
"""

from __future__ import annotations

import numpy as np

from tag2mask.strategies.rounds import Rounds
from tag2mask.strategies.strategy import TrainingStrategy


class Ensemble(TrainingStrategy):
    """Plain training, twice from the start; tags are predicted by the first classifier.

    Differs from the paper: there are two networks in place of five, and maps are averaged, where
    the paper averages probabilities.
    """

    paper = "Lakshminarayanan et al., NeurIPS 2017"
    idea = "two classifiers with other random numbers, whose maps are averaged"
    cost = "2 in all"

    def __init__(self) -> None:
        """Create the strategy with its rounds."""
        self.rounds = Members()


class Members(Rounds):
    """Rounds that are independent trainings on unchanged photos."""

    count = 2
    independent = True

    def predicts(self, losses: np.ndarray, guessing: np.ndarray) -> np.ndarray:
        """Use the maps of all classifiers for all classes."""
        return np.ones(len(losses), bool)

    def merge(self, maps: np.ndarray) -> np.ndarray:
        """Average the maps of all classifiers."""
        mean: np.ndarray = maps.mean(0)
        return mean
