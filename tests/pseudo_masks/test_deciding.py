"""Scores to labels: who wins, what stays open, and what sizes come out."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.pseudo_masks import Cut, add_background, decide, to_mask, upscale


def test_every_pixel_takes_the_largest_score() -> None:
    """Row 0 is the background; other rows stand for their class plus one."""
    scores = np.array([[[0.5, 0.5, 0.5]], [[0.6, 0.1, 0.7]], [[0.2, 0.4, 0.9]]], np.float32)
    np.testing.assert_array_equal(decide(scores, [3, 7]), [[4, 0, 8]])


def test_pixels_between_two_multiples_of_the_background_stay_open() -> None:
    """Neither end belongs to them: pixels that are equally sure are not opened by chance."""
    scores = np.array([[[0.5] * 6], [[0.3, 0.4, 0.45, 0.5, 0.6, 0.7]]], np.float32)
    cut = Cut(1.0, open_above=0.8, open_to=1.3)
    np.testing.assert_array_equal(decide(scores, [0], cut), [[0, 0, 255, 255, 255, 1]])


def test_the_level_moves_the_background() -> None:
    """At half the background score, more is foreground."""
    scores = np.array([[[0.5, 0.5]], [[0.3, 0.2]]], np.float32)
    np.testing.assert_array_equal(decide(scores, [0], Cut(0.5, 0.5, 0.5)), [[1, 0]])


def test_without_tags_everything_is_background() -> None:
    """A photo with nothing on it has a mask too."""
    assert not decide(np.ones((1, 2, 3), np.float32), []).any()


def test_the_background_row_wins_outside_the_share() -> None:
    """With ranks that are uniform, exactly the share is foreground."""
    ranks = np.linspace(0, 1, 200, dtype=np.float32).reshape(1, 10, 20)
    mask = decide(add_background(ranks, share=0.3), [0])
    assert mask.mean() == pytest.approx(0.3)


def test_upscale_keeps_flat_planes_flat() -> None:
    """Any target size, also one pixel wide."""
    full = upscale(np.full((2, 3, 5), 0.25, np.float32), (7, 1))
    assert full.shape == (2, 7, 1)
    np.testing.assert_allclose(full, 0.25)


def test_to_mask_thresholds_maps_at_the_photos_size() -> None:
    """Left half of class 2 above the threshold, right half below."""
    maps = np.array([[[1.0, 0.0]]], np.float32)
    mask = to_mask(maps, classes=(2,), size=(4, 6), threshold=0.5)
    assert mask.shape == (4, 6)
    np.testing.assert_array_equal(np.unique(mask[:, :2]), [3])
    np.testing.assert_array_equal(np.unique(mask[:, 4:]), [0])


def test_to_mask_leaves_values_near_the_threshold_open() -> None:
    """The band is a share of the way from the threshold up to 1, on both sides."""
    maps = np.array([[[0.3, 0.46, 0.5, 0.54, 0.7]]], np.float32)
    mask = to_mask(maps, classes=(0,), size=(1, 5), threshold=0.5, band=0.1)
    np.testing.assert_array_equal(mask, [[0, 255, 255, 255, 1]])
