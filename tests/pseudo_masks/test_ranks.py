"""Ranks of map values over a data set."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.core.contracts import InputError
from tag2mask.pseudo_masks import MapRanks


def photos() -> list[np.ndarray]:
    """Draw maps of three photos of different size, one with two tags."""
    rng = np.random.default_rng(0)
    return [rng.random((1, 4, 6)), rng.random((2, 5, 3)) ** 3, rng.random((1, 9, 2))]


def test_the_rank_is_the_share_of_pixels_below() -> None:
    """Against counting, every photo weighing the same."""
    ranks = MapRanks(photos())
    for value in (0.1, 0.5, 0.9):
        literal = np.mean([(planes.max(0) < value).mean() for planes in photos()])
        assert ranks(np.array(value)) == pytest.approx(literal, abs=0.01)


def test_threshold_and_rank_undo_each_other() -> None:
    """The value that a share exceeds has that rank from above."""
    ranks = MapRanks(photos())
    for share in (0.1, 0.4, 0.8):
        assert ranks(np.array(ranks.threshold(share))) == pytest.approx(1 - share, abs=0.03)


@pytest.mark.parametrize("power", [0.5, 2.0])
def test_ranks_do_not_see_squares_and_roots(power: float) -> None:
    """A map and its square have the same ranks, to the histogram's resolution."""
    plain, bent = MapRanks(photos()), MapRanks(planes**power for planes in photos())
    for planes in photos():
        np.testing.assert_allclose(plain(planes), bent(planes**power), atol=0.03)


def test_no_map_at_all_is_told() -> None:
    """Nothing to rank: the user hears that no photo has a tag."""
    with pytest.raises(InputError, match="no photo has a tag"):
        MapRanks([])
