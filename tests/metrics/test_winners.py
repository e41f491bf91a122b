"""The largest map of a pixel."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.winners import Winners

MAPS = np.array([[[0.2, 0.9, 0.5]], [[0.3, 0.1, 0.5]]], np.float32)


def test_the_first_of_the_largest_wins() -> None:
    """Labels are one more than classes."""
    winners = Winners.of(MAPS, np.array([6, 2]))
    assert winners.labels.tolist() == [[3, 7, 7]]
    np.testing.assert_array_equal(winners.values, MAPS.max(0))


def test_a_mask_begins_above_the_threshold() -> None:
    """Not at it."""
    winners = Winners.of(MAPS, np.array([6, 2]))
    assert winners.mask(0.5).tolist() == [[0, 7, 0]]
    assert winners.mask(0.3).dtype == np.uint8
    assert winners.mask(0.3).tolist() == [[0, 7, 7]]  # 0.3 is 0.3 of a map, not of a float64


def test_scores_are_cut_at_the_level() -> None:
    """The largest class above it, and the background at it or below."""
    relative = np.array([[[0.1, 0.9, 1.0]], [[0.2, 1.3, 0.5]]], np.float32)
    winners = Winners.of(relative, np.array([2, 4]))
    assert winners.mask(1.0).tolist() == [[0, 5, 0]]
    assert winners.mask(0.15).tolist() == [[5, 5, 3]]


def test_without_a_map_all_is_background() -> None:
    """Of the photo's size."""
    winners = Winners.of(np.zeros((0, 2, 3), np.float32), np.zeros(0, np.int64))
    assert winners.mask(0.1).tolist() == [[0, 0, 0]] * 2


def test_one_class_per_map() -> None:
    """Not fewer."""
    with pytest.raises(ValueError, match="for 1 classes"):
        Winners.of(MAPS, np.array([6]))
