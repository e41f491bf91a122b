"""What is erased, how much of it, who stops and how rounds are merged, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.models.classifiers import ClassHead
from tag2mask.strategies import create_strategy
from tag2mask.strategies.adversarial_erasing import ErasingRounds
from tag2mask.strategies.rounds import Rounds

NOTHING = np.zeros((2, 4), bool)


@pytest.fixture
def rounds() -> ErasingRounds:
    """Give the rounds, with round numbers: from half of the peak on, up to half of the photo."""
    made = ErasingRounds()
    made.level, made.limit, made.later = 0.5, 0.5, 0.5
    return made


def test_the_top_of_each_map_goes(rounds: ErasingRounds) -> None:
    """From half of its own peak on: 0.4 of 0.8 in the first, 0.1 of 0.2 in the second."""
    maps = np.array([[[0.8, 0.4, 0.3, 0], [0, 0, 0, 0]], [[0, 0, 0, 0], [0, 0.09, 0.1, 0.2]]])
    found = rounds.erase(maps, NOTHING)
    assert found.tolist() == [[True, True, False, False], [False, False, True, True]]


def test_the_peak_is_that_of_what_is_still_seen(rounds: ErasingRounds) -> None:
    """The 1 lies where nothing is left; of the rest 0.4 is the peak, and 0.2 half of it."""
    erased = np.array([[True, False, False, False], [False] * 4])
    maps = np.array([[[1, 0.4, 0.2, 0.19], [0, 0, 0, 0]]])
    found = rounds.erase(maps, erased)
    assert found.tolist() == [[True, True, True, False], [False] * 4]


def test_the_limit_leaves_the_highest(rounds: ErasingRounds) -> None:
    """Four of eight pixels: one is gone, so three go; of equals the first."""
    erased = np.array([[True, False, False, False], [False] * 4])
    maps = np.array([[[0, 0.6, 0.7, 0.6], [1, 0.6, 0.9, 0]]])
    found = rounds.erase(maps, erased)
    assert found.tolist() == [[True, False, True, False], [True, False, True, False]]
    assert rounds.erase(maps, found).tolist() == found.tolist()
    more = np.ones((2, 4), bool)
    assert rounds.erase(maps, more).all()


def test_what_is_erased_stays_erased(rounds: ErasingRounds) -> None:
    """Round after round, under any map, and never more than the limit."""
    rng = np.random.default_rng(0)
    erased = np.zeros((9, 11), bool)
    for _ in range(6):
        after = rounds.erase(rng.random((3, 9, 11)) ** 8, erased)
        assert (after | ~erased).all()
        assert after.sum() <= 0.5 * 99
        erased = after


@pytest.mark.parametrize("maps", [np.zeros((0, 2, 4)), np.zeros((2, 2, 4))])
def test_nothing_found_is_nothing_erased(rounds: ErasingRounds, maps: np.ndarray) -> None:
    """No class that is told, or maps that are 0 everywhere."""
    assert not rounds.erase(maps, NOTHING).any()


def test_rounds_are_merged_by_the_weighed_sum(rounds: ErasingRounds) -> None:
    """1, 1/2 and 1/4: 1.5, 0.2 + 0.4 + 0.1 and 0.05 + 0.25, over the peak of 1.5."""
    maps = np.array([[[1, 0.2, 0]], [[1, 0.8, 0.1]], [[0, 0.4, 1]]])
    expected = [[1, 0.7 / 1.5, 0.3 / 1.5]]
    np.testing.assert_allclose(rounds.merge(maps), expected)
    np.testing.assert_allclose(rounds.merge(maps[:1]), maps[0])
    assert not rounds.merge(np.zeros((2, 1, 3))).any()


def test_a_class_is_told_under_the_loss_of_guessing(rounds: ErasingRounds) -> None:
    """One on all photos is never told, nor is one that nobody knows."""
    losses, guessing = np.array([0.59, 0.6, 0, 0.5]), np.array([0.6, 0.6, 0, 0])
    assert rounds.predicts(losses, guessing).tolist() == [True, False, False, False]


def test_later_rounds_are_short() -> None:
    """A fifth, and an epoch at least: 1.4 times a plain training of ten."""
    rounds = create_strategy(["adversarial_erasing"]).rounds
    assert [rounds.epochs(number, 10) for number in (1, 2, 3)] == [10, 2, 2]
    assert [rounds.epochs(number, 1) for number in (1, 2, 3)] == [1, 1, 1]


def test_a_stack_has_the_rounds_of_the_part_that_brings_them() -> None:
    """And the head of the one that brings it; alone, others have one round that changes nothing."""
    both = create_strategy(["attention_pooling", "adversarial_erasing"])
    assert both.rounds.count == 3
    assert not isinstance(both.build_head(4, 2), ClassHead)
    plain = create_strategy(["plain"]).rounds
    assert (plain.count, plain.epochs(1, 7)) == (1, 7)
    maps = np.random.default_rng(0).random((1, 2, 4))
    assert plain.merge(maps) is not None
    assert np.array_equal(plain.merge(maps), maps[0])
    assert not Rounds().erase(maps, NOTHING).any()
