"""Wrong tags are found among correct ones by held-out predictions."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.diagnosis.cross_validation import FOLDS, make_folds, predict_held_out
from tag2mask.diagnosis.wrong_tags import judgeable, suspects

ALONE = [[n] for n in range(200)]


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    """Return features (200, 20) that predict two tags well, and the tags (200, 2)."""
    rng = np.random.default_rng(0)
    tags = (rng.random((200, 2)) < (0.5, 0.25)).astype(np.float32)
    features = rng.normal(size=(200, 20)).astype(np.float32)
    features[:, :2] += 6 * tags
    return features, tags


def test_changed_tags_come_first(data: tuple[np.ndarray, np.ndarray]) -> None:
    """Three wrong given tags and two missing ones: most are found, and few others."""
    features, tags = data
    changed = tags.copy()
    wrong = {(int(n), 0) for n in np.nonzero(tags[:, 0] == 0)[0][:3]} | {
        (int(n), 1) for n in np.nonzero(tags[:, 1] == 1)[0][:2]}
    for n, k in wrong:
        changed[n, k] = 1 - changed[n, k]
    found = suspects(changed, predict_held_out(features, changed, make_folds(changed, ALONE)))
    named = [(one.photo, one.tag) for one in found]
    assert len(wrong & set(named)) >= 3
    assert len(set(named) - wrong) <= 1
    assert named[0] in wrong
    assert all(one.given == bool(changed[one.photo, one.tag]) for one in found)
    assert [one.surprise for one in found] == sorted((o.surprise for o in found), reverse=True)


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


def test_rare_and_universal_tags_are_not_checked() -> None:
    """They are never suspects."""
    tags = np.zeros((40, 3), np.float32)
    tags[:9, 0], tags[:, 1], tags[:20, 2] = 1, 1, 1
    assert judgeable(tags).tolist() == [False, False, True]
    assert {one.tag for one in suspects(tags, 1 - tags)} == {2}
