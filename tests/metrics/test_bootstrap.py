"""The interval against photos that are drawn and counted one by one."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.bootstrap import miou_interval
from tag2mask.metrics.confusion import ConfusionMatrix


def draw(number: int, *, alike: bool = False) -> list[tuple[np.ndarray, np.ndarray]]:
    """Truths of three labels with 255, and predictions that are right as often as chance has it."""
    rng = np.random.default_rng(0)
    photos = []
    for _ in range(number):
        truth = rng.choice([0, 0, 1, 2, 255], (5, 8)).astype(np.uint8)
        right = rng.random((5, 8)) < rng.random()
        guess = np.where(right & (truth != 255), truth, rng.integers(0, 3, (5, 8)))
        photos.append((truth, guess.astype(np.uint8)))
    return photos[:1] * number if alike else photos


def count(photos: list[tuple[np.ndarray, np.ndarray]]) -> ConfusionMatrix:
    """Count photos into one matrix."""
    table = ConfusionMatrix(3)
    for truth, guess in photos:
        table.add(truth, guess)
    return table


def test_equals_drawing_the_photos_themselves() -> None:
    """The same draws, with all pixels counted anew each time."""
    photos = draw(7)
    matrices = np.stack([count([photo]).matrix for photo in photos])
    rng = np.random.default_rng(5)
    drawn = [count([photos[i] for i in rng.integers(0, 7, 7)]).miou() for _ in range(60)]
    found = miou_interval(matrices, level=0.8, resamples=60, seed=5)
    assert found.miou == pytest.approx(count(photos).miou())
    assert found.low == pytest.approx(np.quantile(drawn, 0.1))
    assert found.high == pytest.approx(np.quantile(drawn, 0.9))
    assert found.low < found.miou < found.high


def test_photos_that_are_all_alike_leave_no_doubt() -> None:
    """Whichever are drawn; and a photo without a pixel changes nothing."""
    matrices = np.stack([count([photo]).matrix for photo in draw(4, alike=True)])
    found = miou_interval(np.concatenate([matrices, np.zeros_like(matrices[:1])]))
    assert found.low == pytest.approx(found.miou)
    assert found.high == pytest.approx(found.miou)


def test_it_holds_the_figure_of_many_photos_as_often_as_it_says() -> None:
    """Of 100 intervals at 90 % from 25 photos each, most hold the mIoU of all 400."""
    matrices = np.stack([count([photo]).matrix for photo in draw(400)])
    truth = miou_interval(matrices, resamples=1).miou
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(100):
        found = miou_interval(matrices[rng.integers(0, 400, 25)], level=0.9, resamples=100)
        inside += found.low <= truth <= found.high
    assert 78 <= inside <= 97


@pytest.mark.parametrize(
    ("photos", "level"),
    [(np.ones((1, 2, 2), int), 0.9), (np.zeros((3, 2, 2), int), 0.9), (np.ones((3, 2, 2), int), 1)],
    ids=["one photo", "no pixel", "level"],
)
def test_misfits_are_refused(photos: np.ndarray, level: float) -> None:
    """Rather than an interval that means nothing."""
    with pytest.raises(ValueError, match=r"two photos|level"):
        miou_interval(photos, level=level)
