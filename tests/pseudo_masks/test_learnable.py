"""What labels can be learned from looks, against a regression written out."""

from __future__ import annotations

import numpy as np

from tag2mask.pseudo_masks.learnable import Learnable, Moments


def test_labels_that_follow_from_looks_are_learnable() -> None:
    """Those drawn at random are not; of too few photos nothing is said."""
    rng = np.random.default_rng(0)
    learnable = Learnable()
    for photo in range(10):
        assert (learnable.curve() is None) == (photo < 8)
        features = rng.normal(size=(60, 3))
        learnable.add(features, np.stack([features[:, 1] > 0, rng.random(60) < 0.5], 1))
    curve = learnable.curve()
    assert curve is not None
    assert curve[0] > 0.5
    assert curve[1] < 0.1


def test_moments_equal_a_literal_ridge_regression() -> None:
    """Fit and error computed from sums are those computed from all cells at once."""
    rng = np.random.default_rng(2)
    features, labels = rng.normal(2, 3, (60, 5)), rng.random((60, 3)) < 0.4
    moments = Moments()
    for part in range(3):
        moments.add(features[part::3], labels[part::3])
    weights = moments.fit(0.1)
    centred = features - features.mean(0)
    gram = centred.T @ centred + np.diag(0.1 * (centred**2).sum(0))
    slope = np.linalg.solve(gram, centred.T @ (labels - labels.mean(0)))
    predicted = centred @ slope + labels.mean(0)
    residual, total = moments.errors(weights)
    np.testing.assert_allclose(residual, ((labels - predicted) ** 2).sum(0), rtol=1e-8)
    np.testing.assert_allclose(total, ((labels - labels.mean(0)) ** 2).sum(0), rtol=1e-8)
