"""Tag metrics per class, with classes that do not occur left out."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.tag_metrics import mean_precision, tag_metrics


def test_every_class_is_scored_on_its_own_and_absent_ones_are_none() -> None:
    """A perfect class, a class ranked second of two, and one that never occurs."""
    scores = np.array([[0.9, 0.8, 0.1], [0.2, 0.6, 0.2], [0.1, 0.1, 0.3]])
    truth = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]])
    metrics = tag_metrics(scores, truth, ["cat", "dog", "cow"])
    assert metrics.average_precision == {"cat": 1.0, "dog": 0.5, "cow": None}
    assert metrics.mean_average_precision == pytest.approx(0.75)
    assert metrics.images == 3


def test_without_held_out_photos_nothing_is_claimed() -> None:
    """No photo, no figure, no warning from numpy."""
    metrics = tag_metrics(np.zeros((0, 2)), np.zeros((0, 2)), ["cat", "dog"])
    assert metrics.mean_average_precision is None
    assert set(metrics.average_precision.values()) == {None}
    assert np.isnan(mean_precision(np.zeros((0, 2)), np.zeros((0, 2))))
