"""IoU by size against pixels counted one class and one photo at a time."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.size_bins import SizeBinnedIoU

EDGES = [0.18, 0.3]


def draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A truth of some of three classes on much background, and a prediction, both with 255."""
    rng = np.random.default_rng(seed)
    shape = (6 + seed % 3, 9)
    classes = rng.choice([0, 0, 0, 1, 2, 3], 5)
    truth = rng.choice([*classes, 255], shape).astype(np.uint8)
    guess = np.where(rng.random(shape) < 0.6, truth, rng.choice([0, 1, 2, 3, 255], shape))
    return truth, guess.astype(np.uint8)


def test_equals_a_literal_reading() -> None:
    """Twelve photos, three sizes."""
    binned, shared, union = SizeBinnedIoU(4, EDGES), np.zeros((3, 3)), np.zeros((3, 3))
    photos = np.zeros((3, 3), int)
    for truth, guess in map(draw, range(12)):
        binned.add(truth, guess)
        for k in (1, 2, 3):
            judged = [(t, g) for t, g in zip(truth.ravel(), guess.ravel(), strict=True) if t != 255]
            share = sum(t == k for t, _ in judged) / len(judged)
            if share:
                row = sum(share >= edge for edge in EDGES)
                decided = [(t, g) for t, g in judged if g != 255]
                shared[row, k - 1] += sum(t == k == g for t, g in decided)
                union[row, k - 1] += sum(k in (t, g) for t, g in decided)
                photos[row, k - 1] += 1
    assert (photos.sum(1) > 0).all()
    np.testing.assert_array_equal(binned.photos, photos)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(binned.iou(), shared / union)
        np.testing.assert_allclose(binned.miou(), np.nanmean(shared / union, axis=1))


def test_a_share_on_an_edge_is_of_the_larger_bin() -> None:
    """One pixel of ten, where the first bin ends at a tenth."""
    truth = np.zeros((2, 5), np.uint8)
    truth[0, 3] = 1
    binned = SizeBinnedIoU(2, [0.1, 0.25])
    binned.add(truth, truth)
    assert binned.photos.ravel().tolist() == [0, 1, 0]
    np.testing.assert_array_equal(binned.miou(), [np.nan, 1, np.nan])


def test_what_is_found_where_a_class_is_not_does_not_count() -> None:
    """Nor does a photo without a pixel that has a truth."""
    binned = SizeBinnedIoU(2, EDGES)
    binned.add(np.zeros((2, 3), np.uint8), np.ones((2, 3), np.uint8))
    binned.add(np.full((2, 3), 255, np.uint8), np.ones((2, 3), np.uint8))
    assert np.isnan(binned.iou()).all()
    assert not binned.photos.any()


@pytest.mark.parametrize("edges", [[0.0], [1.0], [0.3, 0.2], [0.2, 0.2]])
def test_edges_must_ascend(edges: list[float]) -> None:
    """Between 0 and 1."""
    with pytest.raises(ValueError, match="ascending"):
        SizeBinnedIoU(3, edges)
