"""Boundary IoU counts the band along an edge, and nothing further in."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.evaluation.boundary import boundary_iou


def literal_band(mask: np.ndarray, reach: int) -> np.ndarray:
    """Look around every pixel; what lies beside the photo is not the object."""
    band = np.zeros_like(mask)
    for y, x in zip(*np.nonzero(mask), strict=True):
        for b in range(y - reach, y + reach + 1):
            for a in range(x - reach, x + reach + 1):
                inside = 0 <= b < mask.shape[0] and 0 <= a < mask.shape[1]
                band[y, x] |= not inside or not mask[b, a]
    return band


@pytest.mark.parametrize("reach", [1, 2, 4])
def test_it_is_what_the_paper_says(reach: int) -> None:
    """On blots that touch the rim, of a photo that is no square."""
    rng = np.random.default_rng(0)
    truth, other = (np.kron(rng.random((4, 6)) < 0.6, np.ones((6, 5), bool)) for _ in range(2))
    one, two = literal_band(truth, reach), literal_band(other, reach)
    wanted = (one & two).sum() / (one | two).sum()
    assert 0 < wanted < 1
    assert boundary_iou(truth, other, reach=reach) == pytest.approx(wanted)


def test_a_hole_inside_costs_less_than_a_wrong_edge() -> None:
    """A shift by one pixel in a large object costs the ordinary IoU next to nothing."""
    truth = np.zeros((200, 300), bool)
    truth[20:180, 20:280] = True
    shifted = np.roll(truth, 3, 0)
    assert boundary_iou(truth, truth) == 1
    assert (truth & shifted).sum() / (truth | shifted).sum() > 0.95
    assert boundary_iou(truth, shifted) < 0.8


def test_nothing_found_and_nothing_there() -> None:
    """Zero, and unknown."""
    truth = np.eye(9, dtype=bool)
    nothing = np.zeros((9, 9), bool)
    assert boundary_iou(truth, nothing) == 0
    assert np.isnan(boundary_iou(nothing, nothing))
    with pytest.raises(ValueError, match=r"\(9, 9\) but prediction is \(9, 8\)"):
        boundary_iou(truth, nothing[:, 1:])
