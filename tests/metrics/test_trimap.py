"""Bands along the true outlines against a look around every pixel."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.metrics.trimap import TrimapBands

WIDTHS = (1, 2, 3, 5, 8)


def draw(shape: tuple[int, int], seed: int) -> np.ndarray:
    """Blots of four labels and 255."""
    rng = np.random.default_rng(seed)
    coarse = rng.choice([0, 0, 0, 1, 2, 3, 255], (shape[0] // 5 + 1, shape[1] // 6 + 1))
    blots: np.ndarray = np.kron(coarse, np.ones((5, 6), int))[: shape[0], : shape[1]]
    return blots.astype(np.uint8)


def literal_band(truth: np.ndarray, width: int) -> np.ndarray:
    """Mark what is less than `width` from a pixel that has a neighbour of another label."""
    places = list(np.ndindex(*truth.shape))
    outline = [
        (y, x) for y, x in places
        if any(
            (b, a) in set(places) and truth[b, a] != truth[y, x]
            for b, a in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))
        )
    ]
    band = np.zeros(truth.shape, bool)
    for (y, x), (b, a) in product(places, outline):
        band[y, x] |= (y - b) ** 2 + (x - a) ** 2 < width**2
    return band


@pytest.mark.parametrize("shapes", [[(11, 17), (16, 9)], [(1, 14), (13, 1)]])
def test_equals_one_confusion_matrix_per_band(shapes: list[tuple[int, int]]) -> None:
    """Two photos of two sizes, added up."""
    bands, tables = TrimapBands(4, WIDTHS), [ConfusionMatrix(4) for _ in WIDTHS]
    for seed, shape in enumerate(shapes):
        truth = draw(shape, seed)
        prediction = np.random.default_rng(seed).integers(0, 4, shape).astype(np.uint8)
        bands.add(truth, prediction)
        for width, table in zip(WIDTHS, tables, strict=True):
            table.add(np.where(literal_band(truth, width), truth, 255).astype(np.uint8), prediction)
    np.testing.assert_array_equal(bands.confusions(), [table.matrix for table in tables])
    np.testing.assert_allclose(bands.miou(), [table.miou() for table in tables])


def test_a_straight_edge_is_as_deep_as_the_width_on_each_side() -> None:
    """Also where 255 lies between the labels; the photo's rim is no outline."""
    truth = np.zeros((4, 20), np.uint8)
    truth[:, 10:] = 1
    void = truth.copy()
    void[:, 9:11] = 255
    for mask in (truth, void):
        bands = TrimapBands(2, [1, 3])
        bands.add(mask, np.zeros_like(mask))
        assert bands.confusions()[:, :, 0].tolist() == [[4, 4], [12, 12]]


def test_a_photo_of_one_label_has_no_band() -> None:
    """No figure, rather than a perfect one."""
    bands = TrimapBands(3, WIDTHS)
    bands.add(np.ones((3, 5), np.uint8), np.ones((3, 5), np.uint8))
    assert not bands.confusions().any()
    assert np.isnan(bands.miou()).all()


@pytest.mark.parametrize("widths", [[], [0, 1], [3, 2], [2, 2]])
def test_widths_must_ascend(widths: list[int]) -> None:
    """From 1 on."""
    with pytest.raises(ValueError, match="ascending"):
        TrimapBands(3, widths)


def test_misfits_count_nothing() -> None:
    """Another shape, or a label that there is not."""
    truth = np.zeros((2, 9), np.uint8)
    truth[:, 4:] = 1
    wrong = truth.copy()
    wrong[:, 2] = 7  # outside of the narrow band
    bands = TrimapBands(2, [1, 4])
    with pytest.raises(ValueError, match="neither below 2"):
        bands.add(truth, wrong)
    with pytest.raises(ValueError, match=r"\(2, 9\) but prediction is \(2, 8\)"):
        bands.add(truth, wrong[:, 1:])
    assert not bands.confusions().any()
