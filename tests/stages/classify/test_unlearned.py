"""A class that is recognised no better than by chance is named; others are not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from tag2mask.stages.classify.unlearned import LEAST, unlearned

TRUTH = np.array([[1, 0], [1, 0], [1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1]])


def test_only_the_class_that_is_not_recognised_is_named() -> None:
    """With its average precision and that by chance."""
    clear = np.linspace(0.9, 0.1, 10)
    mixed = np.array([0.5, 0.2, 0.7, 0.1, 0.6, 0.4, 0.3, 0.15, 0.65, 0.35])
    lines = [*unlearned(np.stack([clear, mixed], 1), TRUTH, ("crack", "dent"))]
    assert len(lines) == 1
    assert "'dent'" in lines[0]
    assert "50% by chance" in lines[0]


def test_equal_scores_recognise_nothing() -> None:
    """As where the network has collapsed."""
    assert len([*unlearned(np.full((10, 2), 0.3), TRUTH, ("crack", "dent"))]) == 2


def test_too_few_photos_are_no_ground_for_a_warning() -> None:
    """Nor is a class that is in all held-out photos."""
    truth = np.array([[1, 1], [1, 1], [1, 1], [1, 1], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1]])
    assert not [*unlearned(np.full((9, 2), 0.3), truth, ("crack", "dent"))]


@pytest.mark.parametrize("seed", range(5))
def test_the_limit_is_that_of_the_normal_approximation(seed: int) -> None:
    """Compared with scipy's test, without its correction for continuity."""
    rng = np.random.default_rng(seed)
    scores, tagged = rng.random((40, 1)), rng.random((40, 1)) < 0.4
    p = mannwhitneyu(scores[tagged], scores[~tagged], alternative="greater", method="asymptotic",
                     use_continuity=False).pvalue
    assert bool([*unlearned(scores, tagged, ("crack",))]) == (p > 0.15866)
    assert LEAST == 1
