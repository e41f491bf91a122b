"""Wrong tags are found among right ones, by photos that were not fitted on."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.diagnosis.wrong_tags import (
    FOLDS,
    held_out,
    judgeable,
    make_folds,
    suspects,
)

ALONE = [[n] for n in range(200)]


@pytest.fixture
def told() -> tuple[np.ndarray, np.ndarray]:
    """Give features (200, 20) that tell two tags well, and the tags (200, 2)."""
    rng = np.random.default_rng(0)
    tags = (rng.random((200, 2)) < (0.5, 0.25)).astype(np.float32)
    features = rng.normal(size=(200, 20)).astype(np.float32)
    features[:, :2] += 6 * tags
    return features, tags


def test_changed_tags_come_first(told: tuple[np.ndarray, np.ndarray]) -> None:
    """Three given that are not there, two missing: most are found, and hardly any other."""
    features, tags = told
    changed = tags.copy()
    wrong = {(int(n), 0) for n in np.nonzero(tags[:, 0] == 0)[0][:3]} | {
        (int(n), 1) for n in np.nonzero(tags[:, 1] == 1)[0][:2]}
    for n, k in wrong:
        changed[n, k] = 1 - changed[n, k]
    found = suspects(changed, held_out(features, changed, make_folds(changed, ALONE)))
    named = [(one.photo, one.tag) for one in found]
    assert len(wrong & set(named)) >= 3
    assert len(set(named) - wrong) <= 1
    assert named[0] in wrong
    assert all(one.given == bool(changed[one.photo, one.tag]) for one in found)
    assert [one.surprise for one in found] == sorted((o.surprise for o in found), reverse=True)


def test_noise_is_not_told_by_what_was_fitted(told: tuple[np.ndarray, np.ndarray]) -> None:
    """Random tags are not recognised on photos that were held out."""
    features, _ = told
    tags = (np.random.default_rng(1).random((200, 1)) < 0.5).astype(np.float32)
    guessed = held_out(features, tags, make_folds(tags, ALONE)) > 0.5
    assert 0.35 < (guessed == tags).mean() < 0.65


def test_folds_are_even_and_keep_copies_together(told: tuple[np.ndarray, np.ndarray]) -> None:
    """Every tag in every fold alike; the same seed deals the same."""
    _, tags = told
    groups = [[0, 1, 2, 3, 4], *([n] for n in range(5, 200))]
    folds = make_folds(tags, groups)
    assert len(set(folds[:5].tolist())) == 1
    counts = np.array([tags[folds == fold].sum(0) for fold in range(FOLDS)])
    assert np.ptp(counts, axis=0).max() <= 3
    assert np.array_equal(folds, make_folds(tags, groups))
    assert not np.array_equal(folds, make_folds(tags, groups, seed=1))


def test_rare_and_universal_tags_are_not_judged() -> None:
    """Nor is anything said about them."""
    tags = np.zeros((40, 3), np.float32)
    tags[:9, 0], tags[:, 1], tags[:20, 2] = 1, 1, 1
    assert judgeable(tags).tolist() == [False, False, True]
    assert {one.tag for one in suspects(tags, 1 - tags)} == {2}
