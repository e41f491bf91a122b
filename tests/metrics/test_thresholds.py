"""All thresholds in one pass against one reading per threshold."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.metrics.thresholds import ThresholdCurve

THRESHOLDS = [0.1, 0.25, 0.5, 0.9]
PHOTOS = {(6, 9): [2, 0], (9, 5): [1], (4, 7): []}
"""Size of each photo, and the classes of its maps."""


def draw_photo(shape: tuple[int, int], k: int) -> tuple[np.ndarray, np.ndarray]:
    """A random truth, and k random maps."""
    rng = np.random.default_rng(shape[0])
    truth = rng.choice([0, 1, 2, 3, 255], shape).astype(np.uint8)
    # Coarse values, so that many lie exactly on a threshold.
    return truth, (rng.integers(0, 21, (k, *shape)) / 20).astype(np.float32)


def label_literally(maps: np.ndarray, classes: list[int], threshold: float) -> np.ndarray:
    """The mask at one threshold, one pixel after the other."""
    mask = np.zeros(maps.shape[1:], np.uint8)
    for row, column in np.ndindex(*mask.shape):
        values = maps[:, row, column]
        if len(values) and values.max() > np.float32(threshold):
            mask[row, column] = classes[int(values.argmax())] + 1
    return mask


def test_equals_one_confusion_matrix_per_threshold() -> None:
    """Photos of three sizes, one of them without any tag."""
    curve = ThresholdCurve(5, THRESHOLDS)
    tables = [ConfusionMatrix(5) for _ in THRESHOLDS]
    for shape, classes in PHOTOS.items():
        truth, maps = draw_photo(shape, len(classes))
        curve.add(truth, maps, np.array(classes, np.int64))
        for table, threshold in zip(tables, THRESHOLDS, strict=True):
            table.add(truth, label_literally(maps, classes, threshold))
    for index, table in enumerate(tables):
        np.testing.assert_array_equal(curve.confusion(index), table.matrix)
        np.testing.assert_allclose(curve.iou()[index], table.iou())
    np.testing.assert_allclose(curve.miou(), [table.miou() for table in tables])
    assert curve.best()[2] == pytest.approx(max(table.miou() for table in tables))


def test_best_finds_the_threshold_between_object_and_ground() -> None:
    """0.3 on the ground and 0.6 on the object: 0.4 parts them."""
    truth = np.zeros((4, 6), np.uint8)
    truth[1:3, 2:5] = 2
    maps = np.where(truth > 0, 0.6, 0.3).astype(np.float32)[None]
    curve = ThresholdCurve(3, [0.2, 0.4, 0.7])
    curve.add(truth, maps, np.array([1]))
    assert curve.best() == (1, 0.4, 1.0)


def test_a_value_on_the_threshold_is_background() -> None:
    """Also where float64 would round it above."""
    truth = np.ones((1, 2), np.uint8)
    curve = ThresholdCurve(2, [0.2])
    curve.add(truth, np.array([[[0.2, 0.3]]], np.float32), np.array([0]))
    assert curve.confusion(0).tolist() == [[0, 0], [1, 1]]


def test_half_precision_maps_are_taken_as_they_are() -> None:
    """Maps are stored as float16."""
    truth, maps = draw_photo((6, 9), 2)
    half, single = ThresholdCurve(5, THRESHOLDS), ThresholdCurve(5, THRESHOLDS)
    half.add(truth, maps.astype(np.float16), np.array([0, 3]))
    single.add(truth, maps.astype(np.float16).astype(np.float32), np.array([0, 3]))
    np.testing.assert_array_equal(half.confusions(), single.confusions())


def test_no_pixel_no_best() -> None:
    """An empty curve is nan, and has no best."""
    curve = ThresholdCurve(3, [0.2, 0.4])
    assert np.isnan(curve.miou()).all()
    with pytest.raises(ValueError, match="no pixel"):
        curve.best()


@pytest.mark.parametrize("thresholds", [[], [0.4, 0.2], [0.2, 0.2]])
def test_thresholds_must_ascend(thresholds: list[float]) -> None:
    """Anything else would make the sums meaningless."""
    with pytest.raises(ValueError, match="ascending"):
        ThresholdCurve(3, thresholds)


@pytest.mark.parametrize(
    ("truth", "maps", "classes"),
    [
        (np.zeros((2, 3), np.uint8), np.zeros((1, 3, 2), np.float32), [0]),
        (np.zeros((2, 3), np.uint8), np.zeros((2, 2, 3), np.float32), [0]),
        (np.full((2, 3), 3, np.uint8), np.zeros((1, 2, 3), np.float32), [0]),
        (np.zeros((2, 3), np.uint8), np.zeros((1, 2, 3), np.float32), [2]),
        (np.zeros((2, 3), np.int64), np.zeros((1, 2, 3), np.float32), [0]),
    ],
    ids=["size", "classes", "truth out of range", "class out of range", "dtype"],
)
def test_misfits_are_refused(truth: np.ndarray, maps: np.ndarray, classes: list[int]) -> None:
    """And count nothing."""
    curve = ThresholdCurve(3, [0.2])
    with pytest.raises(ValueError, match=r"maps are|true label|classes must|uint8"):
        curve.add(truth, maps, np.array(classes))
    assert not curve.confusions().any()
