"""Boundary IoU counts the band along an edge, and nothing further in."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.metrics.boundary import BoundaryScores, boundary_iou, edge_band


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


@pytest.mark.parametrize("reach", [1, 2, 4])
def test_one_band_for_all_labels(reach: int) -> None:
    """It is each label's own, also where three labels meet."""
    labels = np.kron(np.random.default_rng(1).integers(0, 3, (3, 4)), np.ones((11, 12), int))
    band = edge_band(labels.astype(np.uint8), reach)
    wanted = np.any([literal_band(labels == label, reach) for label in range(3)], axis=0)
    assert 0 < wanted.mean() < 1
    np.testing.assert_array_equal(band, wanted)


def test_scores_are_means_of_single_objects() -> None:
    """Over the photos of a class, then over classes; 255 of the truth is in neither mask."""
    rng = np.random.default_rng(2)
    scores, parts = BoundaryScores(4), [BoundaryScores(4) for _ in range(3)]
    single: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for seed, shape in enumerate([(40, 60), (60, 40), (40, 60)]):
        truth, found = (
            np.kron(rng.choice(options, (4, 4)), np.ones((shape[0] // 4, shape[1] // 4), int))
            .astype(np.uint8) for options in ([0, 0, 1, 2, 255], [0, 1, 2, 3, 255]))
        scores.add(truth, found)
        parts[seed].add(truth, found, edge_band(truth))
        for label in np.unique(truth[(truth > 0) & (truth < 255)]):
            own = boundary_iou(truth == label, (found == label) & (truth != 255))
            single[int(label)].append(own)
    assert single[1]
    assert not single[3]
    np.testing.assert_allclose(scores.iou(), [np.mean(single[1]), np.mean(single[2]), np.nan])
    assert scores.miou() == pytest.approx(np.mean([np.mean(single[1]), np.mean(single[2])]))
    for other in parts[1:]:
        parts[0].merge(other)
    np.testing.assert_array_equal(parts[0].iou(), scores.iou())
