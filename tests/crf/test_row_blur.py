"""The position kernel alone, against its sums."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.crf.mean_field import taps_of
from tag2mask.crf.row_blur import BELOW, blur_along, blur_down, whole_kernel


@pytest.mark.parametrize(("width", "planes", "start", "length"), [
    (40, 1, 0, 40), (13, 3, 5, 31), (9, 20, 20, 160), (3, 2, 0, 3),
])
def test_rows_together_are_the_sums_of_their_columns(
    width: int, planes: int, start: int, length: int
) -> None:
    """At whole vectors and what is left of them; the row beside them stays as it is."""
    taps = taps_of(1.5)
    reach = len(taps) - 1
    whole = np.concatenate([taps[:0:-1], taps])
    kernel = whole_kernel(taps)
    np.testing.assert_array_equal(kernel, np.pad(whole, BELOW))
    rows = np.random.default_rng(0).random((8 + 2 * reach + BELOW, width * planes), np.float32)
    columns = np.full((BELOW + 1, length + 2), np.float32(-1))
    blur_down(rows, 4, start, kernel, columns, 1, length)
    for row, own in enumerate(columns):
        exact = whole @ rows[4 + row : 5 + row + 2 * reach, start : start + length]
        np.testing.assert_allclose(own[1:-1], exact, rtol=1e-5)
    assert (columns[:, [0, -1]] == -1).all()


@pytest.mark.parametrize(("length", "planes"), [(5, 1), (40, 1), (13, 3), (7, 20)])
def test_a_row_is_the_sum_of_its_neighbours(length: int, planes: int) -> None:
    """Plane by plane."""
    taps = taps_of(2)
    reach = len(taps) - 1
    column = np.random.default_rng(1).random((length + 2 * reach, planes), np.float32)
    result = np.empty(length * planes, np.float32)
    blur_along(column.ravel(), taps, result, planes)
    whole = np.concatenate([taps[:0:-1], taps])
    exact = np.stack([np.convolve(plane, whole, "valid") for plane in column.T], 1)
    np.testing.assert_allclose(result.reshape(length, planes), exact, rtol=1e-5)
