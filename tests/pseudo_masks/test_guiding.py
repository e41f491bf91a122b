"""Annotations in scores: boxes, clicks and what is certain."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.annotation.constraint import constrain
from tag2mask.annotation.records import Annotation, Box, Point
from tag2mask.pseudo_masks import clamp, decide, guide, obey

SIZE = (20, 30)


def scores_of(*levels: float) -> np.ndarray:
    """Give flat scores, the background first."""
    return np.stack([np.full(SIZE, level, np.float32) for level in levels])


def test_clamped_scores() -> None:
    """Certain labels have 1 and all others 0; outside of boxes a class is 0."""
    given = Annotation(points=(Point(2, 3, 4), Point(0, 9, 9)), boxes=(Box(1, 10, 2, 20, 8),))
    clamped = clamp(scores_of(0.5, 0.7, 0.6), (0, 1), constrain(given, SIZE))
    np.testing.assert_array_equal(clamped[:, 4, 3], [0, 0, 1])
    np.testing.assert_array_equal(clamped[:, 9, 9], [1, 0, 0])
    assert clamped[1, 0, 0] == 0
    np.testing.assert_allclose(clamped[:, 5, 15], [0.5, 0.7, 0.6])


def test_a_box_enters_the_sharpening_mostly_filled() -> None:
    """Whether the scores called nearly nothing or nearly all of it foreground."""
    rng = np.random.default_rng(0)
    constraint = constrain(Annotation(boxes=(Box(1, 10, 2, 20, 12),)), SIZE, tags=(0,))
    for level in (0.01, 0.9):
        scores = np.stack([np.full(SIZE, 0.5), level * (0.5 + rng.random(SIZE))])
        guided = guide(scores, (0,), np.zeros((*SIZE, 3), np.uint8), constraint)
        mask = decide(guided, (0,))
        assert 0.6 < (mask[2:12, 10:20] == 1).mean() < 0.8
        assert (mask == 1).sum() == (mask[2:12, 10:20] == 1).sum()


def test_the_rate_of_a_class_fills_its_boxes() -> None:
    """And leaves those of other classes as usual."""
    rng = np.random.default_rng(0)
    constraint = constrain(
        Annotation(boxes=(Box(1, 1, 2, 11, 12), Box(2, 15, 2, 25, 12))), SIZE, tags=(0, 1))
    scores = np.stack([np.full(SIZE, 0.5), *(0.3 * rng.random((2, *SIZE)))])
    guided = guide(scores, (0, 1), np.zeros((*SIZE, 3), np.uint8), constraint, {1: 0.3})
    mask = decide(guided, (0, 1))
    assert (mask[2:12, 1:11] == 1).mean() == pytest.approx(0.4, abs=0.05)
    assert (mask[2:12, 15:25] == 2).mean() == pytest.approx(0.7, abs=0.05)


def test_a_click_wins_what_looks_alike() -> None:
    """Of two halves of different colour, the clicked one becomes foreground near the click."""
    pixels = np.zeros((*SIZE, 3), np.uint8)
    pixels[:, 15:] = 200
    constraint = constrain(Annotation(points=(Point(1, 16, 10),)), SIZE)
    guided = guide(scores_of(0.5, 0.45), (0,), pixels, constraint)
    mask = decide(guided, (0,))
    assert (mask[9:12, 15:18] == 1).all()
    assert (mask[:, :15] == 0).all()


def test_an_empty_box_is_filled_by_the_scores() -> None:
    """A box says that something is there, even where scores lost it."""
    constraint = constrain(Annotation(boxes=(Box(1, 10, 2, 20, 12),)), SIZE, tags=(0,))
    scores = scores_of(0.5, 0.1)
    scores[1, 4:10, 12:19] = 0.2
    mask = obey(np.zeros(SIZE, np.uint8), scores, (0,), constraint)
    assert (mask[4:10, 12:19] == 1).all()
    assert (mask[:, 20:] == 0).all()
