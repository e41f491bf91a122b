"""Wrong tags are found among correct ones by held-out predictions."""

from __future__ import annotations

import numpy as np

from tag2mask.diagnosis.cross_validation import make_folds, predict_held_out
from tag2mask.diagnosis.wrong_tags import checkable, suspects

ALONE = [[n] for n in range(200)]


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


def test_rare_and_universal_tags_are_not_checked() -> None:
    """They are never suspects."""
    tags = np.zeros((40, 3), np.float32)
    tags[:9, 0], tags[:, 1], tags[:20, 2] = 1, 1, 1
    assert checkable(tags).tolist() == [False, False, True]
    assert {one.tag for one in suspects(tags, 1 - tags)} == {2}
