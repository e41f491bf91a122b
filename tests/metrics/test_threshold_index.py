"""A table that only says where to begin must give what a search gives."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.threshold_index import ThresholdIndex


@pytest.mark.parametrize("thresholds", [
    np.linspace(0, 1, 101), np.geomspace(0.4, 1.6, 49), [0.3], [-2, -1.999, 0, 1e6], [0.2, 0.2001],
])
def test_equals_a_search(thresholds: np.ndarray) -> None:
    """On the thresholds themselves, right beside them, far outside, and anywhere."""
    edges = np.asarray(thresholds, np.float32)
    beside = [np.nextafter(edges, np.float32(way)) for way in (-np.inf, np.inf)]
    values = np.concatenate([edges, *beside, np.random.default_rng(0).normal(0.5, 1, 200),
                             [-1e30, 1e30, np.inf, -np.inf]]).astype(np.float32)
    index = ThresholdIndex(thresholds)
    np.testing.assert_array_equal(index.exceeded(values), np.searchsorted(edges, values, "left"))
    np.testing.assert_array_equal(index.reached(values), np.searchsorted(edges, values, "right"))


def test_the_shape_stays() -> None:
    """Also of half floats in an order of their own."""
    values = np.arange(6, dtype=np.float16).reshape(2, 3).T
    assert ThresholdIndex([1.5, 3.5]).exceeded(values).tolist() == [[0, 1], [0, 2], [1, 2]]


@pytest.mark.parametrize("thresholds", [[], [0.5, 0.2], [0.2, 0.2], [[0.1, 0.2]]])
def test_thresholds_must_ascend(thresholds: list[float]) -> None:
    """Each once."""
    with pytest.raises(ValueError, match="ascending"):
        ThresholdIndex(thresholds)
