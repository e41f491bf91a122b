"""Average precision and the F1 threshold against readings that try every cut."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tag2mask.metrics.average_precision import average_precision, best_f1_threshold


def draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Coarse scores, so that many are tied, and random tags."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 8, 30) / 8, rng.random(30) < 0.4


def read_literally(scores: np.ndarray, tags: np.ndarray) -> float:
    """Recall gained times precision, cut by cut."""
    area = reached = 0.0
    for cut in sorted(set(scores.tolist()), reverse=True):
        taken = [bool(tag) for score, tag in zip(scores, tags, strict=True) if score >= cut]
        recall = sum(taken) / tags.sum()
        area += (recall - reached) * sum(taken) / len(taken)
        reached = recall
    return area


def f1(scores: np.ndarray, tags: np.ndarray, threshold: float) -> float:
    """F1 of "score >= threshold"."""
    said = scores >= threshold
    return 2 * float((said & tags).sum()) / float(said.sum() + tags.sum())


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_equals_a_literal_reading_with_ties(seed: int) -> None:
    """The fast sums are the definition."""
    scores, tags = draw(seed)
    assert average_precision(scores, tags) == pytest.approx(read_literally(scores, tags))


def test_the_order_of_ties_does_not_matter() -> None:
    """Tied photos come in together."""
    assert average_precision([0.5, 0.5], [1, 0]) == average_precision([0.5, 0.5], [0, 1]) == 0.5


def test_perfect_and_worst_rankings() -> None:
    """1 at best, and what one hit at the end is worth."""
    assert average_precision([0.9, 0.8, 0.1], [1, 1, 0]) == 1.0
    assert average_precision([0.9, 0.8, 0.1], [0, 0, 1]) == pytest.approx(1 / 3)


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_has_a_better_f1(seed: int) -> None:
    """Every cut is tried."""
    scores, tags = draw(seed)
    best = f1(scores, tags, best_f1_threshold(scores, tags))
    assert best == pytest.approx(max(f1(scores, tags, cut) for cut in set(scores.tolist())))


def test_the_threshold_lies_half_way() -> None:
    """Between the last one in and the first one out, if there is one."""
    assert best_f1_threshold([0.9, 0.5, 0.1], [1, 1, 0]) == pytest.approx(0.3)
    assert best_f1_threshold([0.9, 0.5], [1, 1]) == 0.5


@pytest.mark.parametrize("scores", [[], [0.2, 0.7]])
def test_without_the_tag_both_are_nan(scores: list[float]) -> None:
    """Nothing to rank, nothing to say."""
    assert math.isnan(average_precision(scores, [0] * len(scores)))
    assert math.isnan(best_f1_threshold(scores, [0] * len(scores)))


@pytest.mark.parametrize(("scores", "tags"), [([0.1], [0, 1]), ([0.1, math.nan], [0, 1])])
def test_misfits_are_refused(scores: list[float], tags: list[int]) -> None:
    """Lengths that differ and scores that are nan."""
    with pytest.raises(ValueError, match="one length"):
        average_precision(scores, tags)
