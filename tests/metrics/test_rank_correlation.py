"""Rank correlation by hand, with ties, and where it is undefined."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tag2mask.metrics.rank_correlation import equal_bins, rank_correlation


def draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Coarse values, so that many are equal, which rise together on the whole."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 8, 60).astype(float)
    return first, first + rng.integers(0, 8, 60)


def test_equal_values_share_the_mean_of_their_places() -> None:
    """By hand: ranks 2.5, 1, 2.5, 4 against 1, 2, 3, 4, whose covariance is 3 of 4.5 * 5."""
    found = rank_correlation(np.array([3.0, 1.0, 3.0, 9.0]), np.arange(4.0))
    assert found == pytest.approx(3 / math.sqrt(4.5 * 5))


def test_by_hand() -> None:
    """Without ties, 1 - 6 * sum(d^2) / (n (n^2 - 1)): one swap of neighbours among four."""
    assert rank_correlation(np.array([1.0, 2, 3, 4]), np.array([5.0, 70, 60, 800])) == (
        pytest.approx(1 - 6 * 2 / (4 * 15)))


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_correlation_of_ranks_counted_one_by_one(seed: int) -> None:
    """With many ties."""
    first, second = draw(seed)
    ranks = [
        [(values < value).sum() + ((values == value).sum() + 1) / 2 for value in values]
        for values in (first, second)
    ]
    assert rank_correlation(first, second) == pytest.approx(np.corrcoef(*ranks)[0, 1])


def test_many_equal_values_do_not_overflow() -> None:
    """A third of 200,000 are 0: ranks that are summed up in 32 bits do not hold that."""
    values = np.maximum(np.arange(200_000.0) - 66_000, 0)
    assert rank_correlation(values, values) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)


@pytest.mark.parametrize(("first", "second"), [
    ([], []), ([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [4, 4, 4])])
def test_it_says_nothing_of_too_little(first: list[float], second: list[float]) -> None:
    """Two points always agree, and equal ones have no order."""
    assert math.isnan(rank_correlation(np.array(first), np.array(second)))


@pytest.mark.parametrize(("first", "second"), [
    ([1, 2, 3], [1, 2]), ([1, 2, math.nan], [1, 2, 3]), ([[1, 2, 3]], [[1, 2, 3]])])
def test_it_refuses_what_has_no_ranks(first: list[float], second: list[float]) -> None:
    """Rather than to leave something out in silence."""
    with pytest.raises(ValueError, match=r"length|finite"):
        rank_correlation(np.array(first, float), np.array(second, float))


def test_bins_hold_as_many_and_rise() -> None:
    """By hand: five pairs in two bins, out of order."""
    scores, truths = np.array([0.9, 0.1, 0.5, 0.3, 0.7]), np.array([1.0, 0.0, 0.4, 0.2, 0.8])
    (low, low_truth, few), (high, high_truth, rest) = equal_bins(scores, truths, 2)
    assert (few, rest) == (3, 2)
    assert (low, low_truth) == pytest.approx((0.3, 0.2))
    assert (high, high_truth) == pytest.approx((0.8, 0.9))


def test_no_bin_is_empty() -> None:
    """Three pairs make three bins of ten, none make none."""
    assert [n for *_, n in equal_bins(np.arange(3.0), np.arange(3.0))] == [1, 1, 1]
    assert equal_bins(np.zeros(0), np.zeros(0)) == []
