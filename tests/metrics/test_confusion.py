"""The fast confusion table against a reading that visits every pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tag2mask.metrics.confusion import ConfusionMatrix, mean_of_known

SHAPE = (7, 11)


def draw(seed: int, labels: list[int]) -> np.ndarray:
    """A mask of random labels."""
    return np.random.default_rng(seed).choice(labels, SHAPE).astype(np.uint8)


def read_literally(truth: np.ndarray, prediction: np.ndarray, num_labels: int, label: int,
                   undecided_costs: bool) -> float:
    """Intersection over union of one label, one pixel after the other."""
    inside = union = 0
    for true, said in zip(truth.ravel().tolist(), prediction.ravel().tolist(), strict=True):
        if true == 255 or (said == 255 and not undecided_costs):
            continue
        inside += true == label and said == label
        union += true == label or said == label
    return inside / union if union else math.nan


@pytest.mark.parametrize("undecided_costs", [False, True])
def test_iou_equals_a_literal_reading(undecided_costs: bool) -> None:
    """Both ways to treat undecided pixels, with a label that never occurs."""
    truth, prediction = draw(0, [0, 1, 2, 255]), draw(1, [0, 1, 3, 255])
    table = ConfusionMatrix(5, ignore_prediction=not undecided_costs)
    table.add(truth, prediction)
    wanted = [read_literally(truth, prediction, 5, label, undecided_costs) for label in range(5)]
    np.testing.assert_allclose(table.iou(), wanted)
    assert math.isnan(wanted[4])
    assert table.miou() == pytest.approx(np.mean(wanted[:4]))


def test_photos_add_up() -> None:
    """One table over two photos is the sum of two tables, and no pixel is lost."""
    both, first, second = (ConfusionMatrix(4) for _ in range(3))
    one, two = (draw(0, [0, 1, 2]), draw(1, [0, 2])), (draw(2, [1, 3]), draw(3, [0, 3, 255]))
    for table, photos in ((both, (one, two)), (first, (one,)), (second, (two,))):
        for photo in photos:
            table.add(*photo)
    np.testing.assert_array_equal(both.matrix, first.matrix + second.matrix)
    assert both.matrix.dtype == np.int64
    assert both.matrix.sum() + both.undecided.sum() == 2 * SHAPE[0] * SHAPE[1]


def test_rows_are_truth() -> None:
    """A wrong guess stands in the row of its truth."""
    table = ConfusionMatrix(3)
    table.add(np.full(SHAPE, 1, np.uint8), np.full(SHAPE, 2, np.uint8))
    assert table.matrix[1, 2] == SHAPE[0] * SHAPE[1]


def test_undecided_pixels_are_counted_by_true_label() -> None:
    """They are told apart, and by default cost nothing."""
    truth = np.array([[0, 1, 1, 255]], np.uint8)
    prediction = np.array([[0, 255, 1, 255]], np.uint8)
    table = ConfusionMatrix(2)
    table.add(truth, prediction)
    assert table.undecided.tolist() == [0, 1]
    assert table.undecided_share == pytest.approx(1 / 3)
    assert table.miou() == 1.0


def test_foreground_is_right_only_under_its_own_class() -> None:
    """One class taken for another is no success."""
    truth = np.array([[0, 1, 1, 2, 2, 255]], np.uint8)
    prediction = np.array([[1, 1, 2, 2, 0, 2]], np.uint8)
    table = ConfusionMatrix(3)
    table.add(truth, prediction)
    precision, recall = table.precision_recall_foreground()
    assert precision == pytest.approx(2 / 4)
    assert recall == pytest.approx(2 / 4)


def test_undecided_foreground_lowers_recall_only_when_it_costs() -> None:
    """And never precision: nothing was claimed."""
    truth, prediction = np.array([[1, 1]], np.uint8), np.array([[1, 255]], np.uint8)
    for ignore, wanted in ((True, 1.0), (False, 0.5)):
        table = ConfusionMatrix(2, ignore_prediction=ignore)
        table.add(truth, prediction)
        assert table.precision_recall_foreground() == (1.0, wanted)


def test_nothing_counted_is_nan_everywhere() -> None:
    """No figure is invented."""
    table = ConfusionMatrix(3)
    assert np.isnan(table.iou()).all()
    assert math.isnan(table.miou())
    assert all(math.isnan(figure) for figure in table.precision_recall_foreground())
    assert math.isnan(table.undecided_share)


@pytest.mark.parametrize(
    ("truth", "prediction"),
    [
        (np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8)),
        (np.zeros((2, 3), np.int64), np.zeros((2, 3), np.uint8)),
        (np.full((2, 3), 3, np.uint8), np.zeros((2, 3), np.uint8)),
        (np.zeros((2, 3), np.uint8), np.full((2, 3), 254, np.uint8)),
    ],
    ids=["shape", "dtype", "truth out of range", "prediction out of range"],
)
def test_misfits_are_refused_and_count_nothing(truth: np.ndarray, prediction: np.ndarray) -> None:
    """A mask of another size, type or label set is no mask of this photo."""
    table = ConfusionMatrix(3)
    with pytest.raises(ValueError, match=r"is|must"):
        table.add(truth, prediction)
    assert not table.matrix.any()


def test_mean_of_known_leaves_nan_out() -> None:
    """Absent labels are not zeros."""
    means = mean_of_known(np.array([[0.5, np.nan, 1.0], [np.nan] * 3]))
    assert means[0] == 0.75
    assert np.isnan(means[1])
