"""Edges under outlines: summed as a slow reading sums them, and the largest strong share is taken."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tag2mask.pseudo_masks.outline import last_strong, outline_edges, strengths

LEVELS = np.array([0.2, 0.5, 0.5, 0.9])


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


@pytest.mark.parametrize("shape", [(7, 5), (1, 5), (5, 1), (1, 1)])
def test_a_plain_photo_has_no_edges(shape: tuple[int, int]) -> None:
    """Whatever the outline, and however small the photo; nothing is then lowered."""
    ratios = np.random.default_rng(0).random(shape).astype(np.float32)
    found = outline_edges(np.full((*shape, 3), 90, np.uint8), ratios, LEVELS)
    assert not strengths(found).any()
    assert last_strong(strengths(found)) == 3


@pytest.mark.parametrize(("curve", "index"), [
    ([5.0, 6.0, 4.6, 2.0], 2),  # beyond, outlines leave the edges
    ([2.0, 2.1, 2.2, 2.0], 3),  # as good everywhere
    ([0.0, 0.0, 2.0, 2.3], 3),  # no outline at small shares
    ([3.0, 1.0, 1.0, 1.0], 0),
])
def test_the_largest_share_with_strong_edges_is_taken(curve: list[float], index: int) -> None:
    """Within a quarter of the strongest."""
    assert last_strong(np.array(curve)) == index
