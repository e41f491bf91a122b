"""Tags that rarely occur apart, and tags that only seem to."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.diagnosis.co_occurrence import co_occurring, tied, wilson_low


def tags(**rows: int) -> np.ndarray:
    """Make a tag matrix from the number of photos with each combination of a, b and c."""
    return np.array([[letter in name for letter in "abc"]
                     for name, number in rows.items() for _ in range(number)], np.float32)


def test_the_interval_is_wilsons() -> None:
    """Compared with known values."""
    assert wilson_low(3, 3) == pytest.approx(0.4385, abs=1e-4)
    assert wilson_low(81, 263) == pytest.approx(0.2553, abs=1e-4)
    assert wilson_low(0, 5) == 0
    assert 0.99 < wilson_low(1000, 1000) < 1


def test_a_tag_that_never_occurs_alone_is_tied_in_one_direction() -> None:
    """As with train and rail: a always has b, but b is often alone."""
    pairs = tied(co_occurring(tags(ab=30, b=60, c=100)))
    assert [(p.tag, p.other, p.photos, p.together, p.share) for p in pairs] == [(0, 1, 30, 30, 1.0)]
    assert pairs[0].lift == pytest.approx(190 / 90)


def test_three_of_three_is_not_always() -> None:
    """Although the share is 1."""
    pairs = co_occurring(tags(ab=3, b=20, c=100))
    assert not tied(pairs)
    assert [(p.tag, p.other) for p in tied(pairs, 0.3)] == [(0, 1)]


def test_a_tag_on_every_photo_is_not_tied() -> None:
    """Its lift is 1."""
    assert not tied(co_occurring(tags(ac=50, bc=50)))


@pytest.mark.parametrize("matrix", [np.zeros((4, 0)), np.zeros((0, 3)), np.ones((5, 1))])
def test_data_without_pairs(matrix: np.ndarray) -> None:
    """No tags, no photos, one class."""
    assert co_occurring(matrix) == []
