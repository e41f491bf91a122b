"""Losses of classes, and what guessing costs, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tag2mask.metrics.tag_metrics import held_out_losses


def test_two_classes_by_hand() -> None:
    """The first is on one of four photos, the second on all."""
    truth = np.array([[1, 1], [0, 1], [0, 1], [0, 1]], np.float32)
    scores = np.array([[0.8, 1], [0.1, 0.5], [0.1, 1], [0.1, 1]], np.float32)
    losses, guessing = held_out_losses(scores, truth)
    assert losses[0] == pytest.approx(-(math.log(0.8) + 3 * math.log(0.9)) / 4, abs=1e-6)
    assert losses[1] == pytest.approx(math.log(2) / 4, abs=1e-6)
    assert guessing[0] == pytest.approx(-(math.log(0.25) + 3 * math.log(0.75)) / 4, abs=1e-6)
    assert guessing[1] == 0


def test_a_sure_mistake_is_finite() -> None:
    """A probability of 0 is not one."""
    losses, _ = held_out_losses(np.zeros((1, 1)), np.ones((1, 1)))
    assert losses[0] == pytest.approx(-math.log(1e-6))
