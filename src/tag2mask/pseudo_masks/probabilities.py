"""Conversion of scores to probabilities and back, for steps that work on probabilities.

Scores are compared by their ratios. A probability is a power of its score, so that equal ratios of
scores correspond to equal ratios of probabilities, and the round trip preserves the scores.
"""

from __future__ import annotations

import numpy as np

POWER = 5.0
"""Exponent; a map of twice the background's score is 32 times as probable."""

_LEAST = 1e-5
"""Minimum probability in the conversion back, so that no score becomes exactly 0."""


def to_probabilities(scores: np.ndarray) -> np.ndarray:
    """Convert scores (1 + k, h, w), 0 or more, to probabilities that sum to 1 over the labels."""
    powers = (scores / np.maximum(scores.max(0), 1e-6)) ** POWER + 1e-9
    result: np.ndarray = (powers / powers.sum(0)).astype(np.float32)
    return result


def to_scores(probs: np.ndarray) -> np.ndarray:
    """Convert probabilities (1 + k, h, w) to scores, defined up to a factor per pixel."""
    result: np.ndarray = np.maximum(probs, _LEAST) ** (1 / POWER)
    return result.astype(np.float32)
