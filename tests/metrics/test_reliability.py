"""Bins of confidence against a list of pixels."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.reliability import Reliability


def draw(seed: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of three labels in tenths, so that many lie on edges, and a truth with 255."""
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.integers(0, 11, (2, *shape)), 0)
    parts = np.diff(cuts, axis=0, prepend=0, append=10) / 10
    return rng.choice([0, 1, 2, 255], shape).astype(np.uint8), parts.astype(np.float32)


def test_equals_a_reading_pixel_by_pixel() -> None:
    """Two photos of two sizes, five bins, of which the lowest stays empty."""
    counted, bins = Reliability(3, 5), [[] for _ in range(5)]  # type: ignore[var-annotated]
    for seed, shape in enumerate([(6, 9), (8, 5)]):
        truth, probabilities = draw(seed, shape)
        counted.add(truth, probabilities)
        for y, x in np.ndindex(*shape):
            own = probabilities[:, y, x]
            if truth[y, x] != 255:
                inside = [m for m in range(5)
                          if np.float32(m / 5) < own.max() <= np.float32((m + 1) / 5)]
                bins[inside[0]].append((own.max(), own.argmax() == truth[y, x]))
    total, expected, largest = sum(map(len, bins)), 0.0, 0.0
    for m, pixels in enumerate(bins):
        assert counted.pixels[m] == len(pixels)
        if not pixels:
            assert np.isnan([counted.confidence()[m], counted.accuracy()[m]]).all()
            continue
        confidence, accuracy = (np.mean(values) for values in zip(*pixels, strict=True))
        np.testing.assert_allclose(counted.confidence()[m], confidence, rtol=1e-6)
        np.testing.assert_allclose(counted.accuracy()[m], accuracy)
        expected += len(pixels) / total * abs(accuracy - confidence)
        largest = max(largest, abs(accuracy - confidence))
    assert counted.pixels[0] == 0
    assert counted.expected_error() == pytest.approx(expected, rel=1e-5)
    assert counted.largest_error() == pytest.approx(largest, rel=1e-5)


def test_sure_and_always_right_is_without_error() -> None:
    """Sure and always wrong is wrong by all of it."""
    truth = np.array([[0, 1, 1]], np.uint8)
    sure = np.stack([truth == 0, truth == 1]).astype(np.float16)
    right, wrong = Reliability(2), Reliability(2)
    right.add(truth, sure)
    wrong.add(truth, sure[::-1])
    assert (right.expected_error(), right.largest_error()) == (0, 0)
    assert (wrong.expected_error(), wrong.largest_error()) == (1, 1)


def test_nothing_counted_is_no_figure() -> None:
    """Also where all of a photo is 255."""
    counted = Reliability(2)
    counted.add(np.full((2, 3), 255, np.uint8), np.full((2, 2, 3), 0.5, np.float32))
    assert np.isnan([counted.expected_error(), counted.largest_error()]).all()


@pytest.mark.parametrize(
    ("truth", "probabilities"),
    [
        (np.zeros((2, 3), np.uint8), np.full((2, 3, 2), 0.5)),
        (np.full((2, 3), 2, np.uint8), np.full((2, 2, 3), 0.5)),
        (np.zeros((2, 3), np.int64), np.full((2, 2, 3), 0.5)),
        (np.zeros((2, 3), np.uint8), np.full((2, 2, 3), 1.5)),
        (np.zeros((2, 3), np.uint8), np.full((2, 2, 3), np.nan)),
    ],
    ids=["size", "label", "dtype", "above 1", "nan"],
)
def test_misfits_are_refused(truth: np.ndarray, probabilities: np.ndarray) -> None:
    """And count nothing."""
    counted = Reliability(2)
    with pytest.raises(ValueError, match=r"probabilities|true label|uint8"):
        counted.add(truth, probabilities)
    assert not counted.pixels.any()


@pytest.mark.parametrize(("labels", "bins"), [(0, 5), (2, 0)])
def test_no_label_and_no_bin(labels: int, bins: int) -> None:
    """There is nothing to count."""
    with pytest.raises(ValueError, match="at least one"):
        Reliability(labels, bins)
