"""All scores of a mask at once are the scores one by one, and parts add up."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.boundary import BoundaryScores
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.metrics.curve_scores import CurveScores
from tag2mask.metrics.mask_scores import WIDTHS, MaskScores, Truth
from tag2mask.metrics.size_bins import SizeBinnedIoU
from tag2mask.metrics.thresholds import ThresholdCurve
from tag2mask.metrics.trimap import TrimapBands

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture
def photos() -> list[Drawn]:
    """Give three truths (H, W), masks and pairs of maps (2, H, W), of two sizes."""
    drawn = []
    for seed, shape in enumerate([(30, 50), (45, 20), (30, 50)]):
        rng = np.random.default_rng(seed)
        cells = np.ones((shape[0] // 5, shape[1] // 5), int)
        truth, mask = (np.kron(rng.choice(own, (5, 5)), cells).astype(np.uint8)
                       for own in ([0, 0, 1, 2, 255], [0, 1, 2, 255]))
        maps = np.stack([np.kron(rng.integers(0, 11, (5, 5)), cells) / 10 for _ in range(2)])
        drawn.append((truth, mask, maps.astype(np.float32)))
    return drawn


def test_masks(photos: list[Drawn]) -> None:
    """Each of the four scores, counted alone and from one part per photo."""
    table, edges = ConfusionMatrix(3), BoundaryScores(3)
    bands, sizes, together = TrimapBands(3, WIDTHS), SizeBinnedIoU(3), MaskScores(3)
    for truth, mask, _ in photos:
        for alone in (table, edges, bands, sizes):
            alone.add(truth, mask)
        part = MaskScores(3)
        part.add(Truth.of(truth), mask)
        together.merge(part)
    np.testing.assert_array_equal(together.confusion.matrix, table.matrix)
    np.testing.assert_array_equal(together.confusion.undecided, table.undecided)
    np.testing.assert_allclose(together.boundary.iou(), edges.iou())
    np.testing.assert_array_equal(together.trimap.confusions(), bands.confusions())
    np.testing.assert_array_equal(together.sizes.iou(), sizes.iou())
    np.testing.assert_array_equal(together.sizes.photos, sizes.photos)


def test_curves(photos: list[Drawn]) -> None:
    """The masks at the chosen threshold are the curve's there, and a threshold of its own."""
    grid, together, alone = np.linspace(0, 1, 5), CurveScores(3, np.linspace(0, 1, 5), 0.3), None
    alone = ThresholdCurve(3, np.sort(np.append(grid, 0.3)))
    for truth, _, maps in photos:
        part = CurveScores(3, grid, 0.3)
        part.add(Truth.of(truth), maps, np.array([1, 0]))
        together.merge(part)
        alone.add(truth, maps, np.array([1, 0]))
    np.testing.assert_array_equal(together.curve.confusions(), alone.confusions())
    np.testing.assert_array_equal(together.masks.confusion.matrix, alone.confusion(2))


def test_the_area_of_a_curve_is_its_mean() -> None:
    """Over 0..1, however unevenly it was measured; nothing without two thresholds."""
    truth, maps = np.array([[0, 0, 1, 1]], np.uint8), np.array([[[0.1, 0.4, 0.6, 0.9]]], np.float32)
    curve = ThresholdCurve(2, [0.0, 0.5, 1.0])
    curve.add(truth, maps, np.array([0]))
    worst = 0.25  # half of the photo is one label, and all of it is called that
    np.testing.assert_allclose(curve.miou(), [worst, 1, worst])
    assert curve.area() == pytest.approx((worst + 1) / 2)
    assert np.isnan(ThresholdCurve(2, [0.5]).area())
    assert np.isnan(ThresholdCurve(2, [0.5, 1]).area())
