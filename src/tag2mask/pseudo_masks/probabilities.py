"""Scores as probabilities and back: what a step that reasons in probabilities works on.

Scores are compared by their ratios; a probability is a power of its score, so that equal ratios of
scores are equal ratios of probabilities, and the way there and back changes nothing.
"""

from __future__ import annotations

import numpy as np

POWER = 5.0
"""A map that is twice the background is 32 times as likely."""

_LEAST = 1e-5
"""Of a probability on the way back, so that no score is 0 for good."""


def to_probabilities(scores: np.ndarray) -> np.ndarray:
    """Turn scores (1 + k, h, w), 0 or more, into probabilities that sum up to 1 over the labels."""
    powers = (scores / np.maximum(scores.max(0), 1e-6)) ** POWER + 1e-9
    result: np.ndarray = (powers / powers.sum(0)).astype(np.float32)
    return result


def to_scores(probs: np.ndarray) -> np.ndarray:
    """Turn probabilities (1 + k, h, w) into scores, up to a factor per pixel what they were."""
    result: np.ndarray = np.maximum(probs, _LEAST) ** (1 / POWER)
    return result.astype(np.float32)
