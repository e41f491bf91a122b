"""MaxBoxAccV2 and PxAP against one mask per threshold."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.average_precision import average_precision
from tag2mask.metrics.component_boxes import component_boxes
from tag2mask.metrics.localisation import MaxBoxAccuracy, PixelPrecision

THRESHOLDS = [0.0, 0.2, 0.5, 0.8]
OVERLAPS = [0.1, 0.3, 0.7]


def draw(seed: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A map with values that lie on thresholds, in blots, and a mask that is not unlike it."""
    rng = np.random.default_rng(seed)
    scores = np.kron(rng.integers(0, 11, (shape[0] // 2, shape[1] // 3)), np.ones((2, 3))) / 10
    return scores.astype(np.float32), scores + rng.normal(0, 0.2, scores.shape) > 0.7


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Of two boxes."""
    shared = [min(one[i + 2], other[i + 2]) - max(one[i], other[i]) for i in (0, 1)]
    both = max(shared[0], 0) * max(shared[1], 0)
    sizes = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(both / (sum(sizes) - both))


def test_boxes_at_every_threshold() -> None:
    """Three maps of two sizes; the best threshold differs from IoU to IoU."""
    score = MaxBoxAccuracy(THRESHOLDS, OVERLAPS)
    right = np.zeros((len(THRESHOLDS), len(OVERLAPS)))
    photos = [draw(0, (8, 12)), draw(1, (6, 15)), draw(4, (8, 12))]
    for scores, mask in photos:
        boxes = component_boxes(mask)[:1]
        score.add(scores, boxes)
        for i, threshold in enumerate(THRESHOLDS):
            found = component_boxes(scores >= np.float32(threshold))
            best = max((overlap(a, b) for a in found for b in boxes), default=0)
            right[i] += [best >= wanted for wanted in OVERLAPS]
    np.testing.assert_allclose(score.accuracies(), right / 3)
    assert score.score() == pytest.approx((right / 3).max(0).mean())
    assert 0 < score.score() < 1


def test_pixels_at_every_threshold() -> None:
    """Two photos pooled, some pixels left out."""
    score = PixelPrecision(THRESHOLDS)
    values, truth = [], []
    for scores, mask in (draw(0, (8, 12)), draw(1, (6, 15))):
        judged = np.random.default_rng(2).random(scores.shape) < 0.8
        score.add(scores, mask, judged)
        values += scores[judged].tolist()
        truth += mask[judged].tolist()
    area = recalled = 0.0
    for index, threshold in reversed(list(enumerate(THRESHOLDS))):
        taken = [t for v, t in zip(values, truth, strict=True) if v >= np.float32(threshold)]
        precision, recall = sum(taken) / len(taken), sum(taken) / sum(truth)
        np.testing.assert_allclose([p[index] for p in score.precision_recall()],
                                   [precision, recall])
        area, recalled = area + precision * (recall - recalled), recall
    assert score.score() == pytest.approx(area)


def test_with_all_values_as_thresholds_it_is_average_precision() -> None:
    """Of all pixels in one list."""
    scores, mask = draw(5, (8, 12))
    score = PixelPrecision(np.unique(scores))
    score.add(scores, mask)
    assert score.score() == pytest.approx(average_precision(scores.ravel(), mask.ravel()))


def test_a_perfect_map_and_an_empty_one() -> None:
    """1, and 0 where no pixel reaches a threshold, also at once."""
    mask = np.zeros((5, 9), bool)
    mask[1:3, 2:7] = True
    boxes, pixels = MaxBoxAccuracy(), PixelPrecision()
    boxes.add(mask.astype(np.float32), component_boxes(mask))
    pixels.add(mask.astype(np.float32), mask)
    assert (boxes.score(), pixels.score()) == (1, 1)
    nothing = MaxBoxAccuracy([0.5])
    nothing.add(np.zeros((5, 9), np.float32), component_boxes(mask))
    assert nothing.score() == 0
    none_taken = PixelPrecision([0.5])
    none_taken.add(np.zeros((5, 9), np.float32), mask)
    assert none_taken.score() == 0


def test_nothing_counted_is_no_figure() -> None:
    """Nor is a class that is nowhere."""
    pixels = PixelPrecision()
    pixels.add(np.ones((2, 3), np.float32), np.zeros((2, 3), bool))
    assert np.isnan(pixels.score())
    assert np.isnan(MaxBoxAccuracy().score())


def test_misfits_are_refused() -> None:
    """Thresholds, shapes, nan."""
    with pytest.raises(ValueError, match="ascending"):
        MaxBoxAccuracy([0.5, 0.2])
    with pytest.raises(ValueError, match="scores"):
        PixelPrecision().add(np.zeros((2, 3), np.float32), np.zeros((3, 2), bool))
    with pytest.raises(ValueError, match="nan"):
        PixelPrecision().add(np.full((2, 3), np.nan, np.float32), np.zeros((2, 3), bool))
