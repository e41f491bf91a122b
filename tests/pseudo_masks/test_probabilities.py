"""Scores and probabilities are two spellings of the same order."""

from __future__ import annotations

import numpy as np

from tag2mask.pseudo_masks import to_probabilities, to_scores


def test_there_and_back_changes_no_ratio() -> None:
    """So a threshold means the same before and after."""
    scores = np.random.default_rng(0).uniform(0.3, 1, (3, 5, 7)).astype(np.float32)
    probs = to_probabilities(scores)
    np.testing.assert_allclose(probs.sum(0), 1, rtol=1e-5)
    again = to_scores(probs)
    np.testing.assert_allclose(again[1:] / again[0], scores[1:] / scores[0], rtol=1e-3)


def test_zeros_stay_finite() -> None:
    """Also where all is 0."""
    for scores in (np.zeros((2, 2, 3)), np.array([[[0.5]], [[0.0]]])):
        probs = to_probabilities(scores)
        assert np.isfinite(probs).all()
        np.testing.assert_allclose(probs.sum(0), 1, rtol=1e-5)
        assert (to_scores(probs) > 0).all()
