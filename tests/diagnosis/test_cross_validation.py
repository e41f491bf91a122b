"""Folds are even, and predictions do not use the tags that they are compared with."""

from __future__ import annotations

import numpy as np

from tag2mask.diagnosis.cross_validation import FOLDS, make_folds, predict_held_out

ALONE = [[n] for n in range(200)]


def test_random_tags_are_not_predicted(data: tuple[np.ndarray, np.ndarray]) -> None:
    """Predictions are held out, so noise cannot be memorised."""
    features, _ = data
    tags = (np.random.default_rng(1).random((200, 1)) < 0.5).astype(np.float32)
    guessed = predict_held_out(features, tags, make_folds(tags, ALONE)) > 0.5
    assert 0.35 < (guessed == tags).mean() < 0.65


def test_folds_are_even_and_keep_copies_together(data: tuple[np.ndarray, np.ndarray]) -> None:
    """Tags are spread evenly; the same seed gives the same folds."""
    _, tags = data
    groups = [[0, 1, 2, 3, 4], *([n] for n in range(5, 200))]
    folds = make_folds(tags, groups)
    assert len(set(folds[:5].tolist())) == 1
    counts = np.array([tags[folds == fold].sum(0) for fold in range(FOLDS)])
    assert np.ptp(counts, axis=0).max() <= 3
    assert np.array_equal(folds, make_folds(tags, groups))
    assert not np.array_equal(folds, make_folds(tags, groups, seed=1))
