"""What speaks for a mask, by hand, on masks that are wider than high."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tag2mask.metrics.mask_trust import (
    label_iou,
    photo_mean,
    settled,
    settled_probabilities,
    soft_iou,
    trust,
)

MASK = np.array([[0, 2, 2], [0, 0, 2]], np.uint8)


def one_hot(mask: np.ndarray, labels: list[int]) -> np.ndarray:
    """Probabilities of somebody who is sure."""
    planes: np.ndarray = (mask[None] == np.array(labels)[:, None, None]).astype(np.float32)
    return planes


def test_of_somebody_who_is_sure_it_is_the_iou() -> None:
    """Both readings of agreement are one where probabilities are 0 and 1."""
    other = np.array([[0, 0, 2], [2, 0, 2]], np.uint8)
    hard = label_iou(MASK, other, [0, 2])
    assert hard == pytest.approx([2 / 4, 2 / 4])
    assert soft_iou(MASK, [0, 2], one_hot(other, [0, 2])) == pytest.approx(hard)


def test_doubt_costs_agreement() -> None:
    """By hand: 3 pixels at 0.5 are shared, out of 6 * 0.5 + 3 - 1.5."""
    halves = np.full((2, 2, 3), 0.5, np.float32)
    assert soft_iou(MASK, [0, 2], halves) == pytest.approx([1.5 / 4.5, 1.5 / 4.5])


def test_what_neither_has_is_unknown() -> None:
    """Not 0, and not 1."""
    assert math.isnan(label_iou(MASK, MASK, [1])[0])
    assert math.isnan(soft_iou(MASK, [1], np.zeros((1, 2, 3), np.float32))[0])


def test_neither_part_makes_up_for_the_other() -> None:
    """The geometric mean; what is unknown is 0."""
    got = trust(np.array([0.9, 0.5, math.nan]), np.array([0.4, 0.5, 1.0]))
    assert got == pytest.approx([0.6, 0.5, 0.0])


def test_an_empty_class_counts_and_an_empty_background_does_not() -> None:
    """The tag says that the class is there."""
    assert photo_mean(np.array([0.8, math.nan])) == pytest.approx(0.4)
    assert photo_mean(np.array([math.nan, 0.6])) == pytest.approx(0.6)
    assert photo_mean(np.array([math.nan])) == 0


def test_annotated_pixels_are_settled() -> None:
    """A network that contradicts an annotation says nothing about the mask there."""
    certain = np.array([[255, 255, 2], [255, 0, 255]], np.uint8)
    other = np.array([[0, 2, 0], [0, 2, 2]], np.uint8)
    made = settled(other, certain)
    np.testing.assert_array_equal(made, MASK)
    planes = settled_probabilities(one_hot(other, [0, 2]), [0, 2], certain)
    np.testing.assert_array_equal(planes, one_hot(MASK, [0, 2]))
    assert settled(other, None) is other
