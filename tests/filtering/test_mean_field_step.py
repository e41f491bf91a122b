"""The position kernel alone against its sums; and what was compiled is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tag2mask import dense_crf
from tag2mask.filtering.mean_field import taps_of
from tag2mask.filtering.mean_field_step import BELOW, _blur_along, _blur_down

_CODE = """
import numpy as np
from tag2mask import dense_crf
dense_crf(np.zeros((5, 7, 3), np.uint8), np.full((3, 5, 7), 1 / 3), iterations=1)
"""


def test_the_cache_is_found_again(tmp_path: Path) -> None:
    """Whoever made it."""
    kept = []
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", _CODE], check=True,
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        )
        kept.append(sorted(path.name for path in tmp_path.rglob("*.nb?")))
    assert any("mean_field_step.step" in name for name in kept[0])
    assert kept[0] == kept[1]


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
    kernel = np.pad(whole, 3)
    rows = np.random.default_rng(0).random((8 + 2 * reach + BELOW, width * planes), np.float32)
    columns = np.full((BELOW + 1, length + 2), np.float32(-1))
    _blur_down(rows, 4, start, kernel, columns, 1, length)
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
    _blur_along(column.ravel(), taps, result, planes)
    whole = np.concatenate([taps[:0:-1], taps])
    exact = np.stack([np.convolve(plane, whole, "valid") for plane in column.T], 1)
    np.testing.assert_allclose(result.reshape(length, planes), exact, rtol=1e-5)


def test_no_probability_is_too_small_to_be_multiplied_quickly() -> None:
    """Numbers below 1e-38 take a processor many times as long, and kernels make small ones less."""
    probs = np.full((4, 20, 30), 1e-30)
    probs[0] = 1
    image = np.zeros((20, 30, 3), np.uint8)
    found = dense_crf(image, probs / probs.sum(0), bilateral=(80, 13, 200))
    assert found[found > 0].min() > 1e-24
