"""Tiles cover a photo, and blend into what one look at all of it would give."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.prediction.tiles import blended_bands


def joined(score: object, size: tuple[int, int], tile: int, overlap: int) -> np.ndarray:
    """Put the bands together; each begins with the last row of the one before."""
    parts, bottom = [], 0
    for top, band in blended_bands(score, size, tile=tile, overlap=overlap):
        if parts:
            assert top == bottom - 1
            np.testing.assert_array_equal(band[:, 0], parts[-1][:, -1])
        parts.append(band[:, bottom - top :].copy())
        bottom = top + band.shape[1]
    assert bottom == size[0]
    return np.concatenate(parts, 1)


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (40, 5), (16, 16), (17, 31), (100, 83)])
@pytest.mark.parametrize(("tile", "overlap"), [(16, 4), (16, 0), (16, 15), (3, 1)])
def test_what_depends_on_the_pixel_alone_comes_back(
    size: tuple[int, int], tile: int, overlap: int
) -> None:
    """However it is cut: weights sum to one, and every part goes to its place."""
    whole = np.random.default_rng(0).normal(size=(2, *size)).astype(np.float32)

    def score(rows: slice, columns: slice) -> np.ndarray:
        shape = rows.stop - rows.start, columns.stop - columns.start
        assert shape == (min(tile, size[0]), min(tile, size[1]))
        return whole[:, rows, columns]

    found = joined(score, size, tile, overlap)
    np.testing.assert_allclose(found, whole, atol=1e-5)


def test_neighbours_share_what_was_asked_and_fade_into_each_other() -> None:
    """Two tiles that disagree meet in a ramp, without a step."""
    starts: list[int] = []

    def score(rows: slice, columns: slice) -> np.ndarray:
        starts.append(columns.start)
        return np.full((1, rows.stop - rows.start, 16), float(columns.start > 0), np.float32)

    found = joined(score, (3, 24), 16, 8)
    assert starts == [0, 8]
    np.testing.assert_allclose(found[0, 0, :8], 0, atol=1e-6)
    np.testing.assert_allclose(found[0, 0, 16:], 1, atol=1e-6)
    steps = np.diff(found[0, 0])
    assert (steps >= 0).all()
    assert steps.max() < 0.2
