"""Edges under outlines: as a slow reading sums them; the largest strong share is taken."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tag2mask.pseudo_masks.outline import (
    FACTORS,
    choose_factor,
    highest_ratios,
    outline_edges,
    strengths,
)

LEVELS = np.array([0.2, 0.5, 0.5, 0.9])
NONE = np.zeros(len(FACTORS))


def slowly(pixels: np.ndarray, ratios: np.ndarray, level: float) -> tuple[float, int]:
    """Go through all pairs of neighbours."""
    smooth = gaussian_filter(pixels.astype(np.float64), (1, 1, 0))
    height, width = ratios.shape
    edges, under = [], []
    for y in range(height):
        for x in range(width):
            for other in ((y + 1, x), (y, x + 1)):
                if other[0] < height and other[1] < width:
                    edges.append(np.abs(smooth[y, x] - smooth[other]).sum())
                    if (ratios[y, x] > level) != (ratios[other] > level):
                        under.append(edges[-1])
    return float(np.sum(under) / np.mean(edges)), len(under)


def test_edges_are_those_of_a_slow_reading() -> None:
    """With more rows than columns, ratios equal to a level, and a level twice."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (9, 6, 3), dtype=np.uint8)
    ratios = rng.choice([0.1, 0.2, 0.4, 0.5, 0.7, 0.9, 1.2], (9, 6)).astype(np.float32)
    found = outline_edges(pixels, ratios, np.float32(LEVELS).astype(np.float64))
    wanted = [slowly(pixels, ratios, float(np.float32(level))) for level in LEVELS]
    np.testing.assert_allclose(found.T, wanted, rtol=1e-4)


@pytest.mark.parametrize("shape", [(29, 35), (1, 5), (5, 1), (1, 1)])
def test_a_plain_photo_has_no_edges(shape: tuple[int, int]) -> None:
    """Whatever the outline, and however small the photo; nothing is then lowered."""
    ratios = np.random.default_rng(0).random(shape).astype(np.float32)
    found = outline_edges(np.full((*shape, 3), 90, np.uint8), ratios, np.sort(FACTORS))
    assert not strengths(found).any()
    assert choose_factor(strengths(found), NONE, peak=False) == len(FACTORS) - 1


def test_few_pixels_are_left_to_chance() -> None:
    """Their mean edge may be the strongest of all."""
    assert strengths(np.array([[500.0, 900.0], [100, 300]])).tolist() == [0, 3]


@pytest.mark.parametrize(("points", "any_edge", "peak"), [
    # Edges as (factor, strength), between which the curve is straight.
    ({0.06: 1, 0.4: 6, 0.5: 5, 0.6: 2, 1: 1}, 0.52, 0.52),  # a peak: beyond, outlines leave edges
    ({0.06: 5, 0.4: 6, 0.5: 5, 0.6: 2, 1: 1}, 0.52, 1),  # strong on parts, too
    ({0.06: 0, 0.349: 0, 0.35: 3, 0.6: 3, 0.7: 1, 1: 1}, 0.595, 1),  # no outline at small shares
    ({0.06: 2, 0.5: 2.4, 1: 2}, 1, 1),  # as good everywhere
    ({0.06: 6, 0.1: 6, 0.15: 1, 1: 1}, 1, 1),  # smaller ones than a quarter do not count
])
def test_the_largest_factor_with_strong_edges_is_taken(
    points: dict[float, float], any_edge: float, peak: float
) -> None:
    """Where a peak is asked for, only if the edges have one."""
    curve = np.interp(FACTORS, [*points], [*points.values()])
    curve[curve < 0.5] = 0
    assert FACTORS[choose_factor(curve, NONE, peak=False)] == pytest.approx(any_edge, rel=0.05)
    assert FACTORS[choose_factor(curve, NONE, peak=True)] == pytest.approx(peak, rel=0.05)


def test_no_factor_is_taken_that_loses_tags() -> None:
    """More than a twentieth of them."""
    curve = np.where(FACTORS < 0.5, 2.0, 1.0)
    lost = np.where(FACTORS < 0.7, np.where(FACTORS < 0.6, 0.3, 0.06), 0.04)
    assert 0.7 <= FACTORS[choose_factor(curve, lost, peak=False)] < 0.75


def test_a_tag_is_lost_above_its_highest_ratio() -> None:
    """Where it is the largest of all; 0 if it is nowhere."""
    ratios = np.array([[[1, 5, 2]], [[3, 4, 1]], [[0, 1, 0]]], np.float32)
    assert highest_ratios(ratios).tolist() == [5, 3, 0]
