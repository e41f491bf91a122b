"""A training on tags is repeated for longer where it has not learned those of its own photos."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.stages.classify.longer_training import EPOCHS, LONGER, choose

TRUTH = np.array([[1, 0], [0, 1], [1, 1], [0, 0]] * 5, np.float32)


@pytest.mark.parametrize(("sure", "longer"), [(0.999, 0), (0.98, 0), (0.8, LONGER), (0.5, LONGER)])
def test_what_is_not_learned_takes_longer(sure: float, longer: int) -> None:
    """By the loss of training photos, as a part of that of guessing."""
    made = choose(np.where(TRUTH > 0, sure, 1 - sure), TRUTH)
    assert made.longer == longer
    assert made.loss == pytest.approx(-np.log(sure), abs=1e-3)
    assert made.chance == pytest.approx(np.log(2), abs=1e-3)
    assert bool(made.sentence) == bool(longer)
    if longer:
        assert f"After {EPOCHS} epochs" in made.sentence


def test_rare_tags_are_judged_by_their_frequency() -> None:
    """Always predicting 'no' has a low loss, and has learned nothing."""
    truth = np.zeros((100, 1), np.float32)
    truth[:5] = 1
    assert choose(np.full((100, 1), 0.05), truth).longer == LONGER
    assert choose(np.abs(truth - 0.001), truth).longer == 0


def test_tags_of_every_photo_need_nothing() -> None:
    """Nothing can be told apart."""
    assert choose(np.full((8, 1), 1.0), np.ones((8, 1), np.float32)).longer == 0
