"""Scores weighed by the distance of cells to those of photos without a tag."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tag2mask.sharpening.normality import Distances, NormalCells, Normality, compared, join, weigh

CPU = torch.device("cpu")


def test_distances_are_those_to_the_nearest_cell() -> None:
    """A literal reading, on a photo that is not square; of the memory, between its halves."""
    rng = np.random.default_rng(0)
    features, halves = rng.normal(size=(4, 3, 5)), [rng.normal(size=(n, 4)) for n in (6, 7)]
    memory = np.concatenate(halves)
    nearest = [[min(np.linalg.norm(features[:, row, column] - cell) for cell in memory)
                for column in range(5)] for row in range(3)]
    first, second = (torch.from_numpy(half) for half in halves)
    cells = NormalCells((first, second))
    np.testing.assert_allclose(cells.distances(torch.from_numpy(features)), nearest, rtol=1e-6)
    among = [min(np.linalg.norm(cell - other) for other in others)
             for own, others in (halves, halves[::-1]) for cell in own]
    np.testing.assert_allclose(cells.among_themselves(), among, rtol=1e-6)


def test_features_are_averaged_over_their_neighbours_and_joined() -> None:
    """Each cell has the length 1, half of it from either stride; borders are no darker."""
    fine, coarse = torch.rand(2, 3, 4, 6), torch.rand(2, 5, 2, 3)
    joined = join([fine, coarse])
    assert joined.shape == (2, 8, 4, 6)
    torch.testing.assert_close(joined.square().sum(1), torch.ones(2, 4, 6))
    corner = fine[:, :, :2, :2].mean((2, 3))
    torch.testing.assert_close(
        joined[:, :3, 0, 0], corner / corner.norm(dim=1, keepdim=True) / 2**0.5)


@pytest.mark.parametrize(("strides", "which"), [
    ((2, 4, 8, 16, 16), [2, 3]), ((4, 8, 16, 32), [1, 2]), ((14,), [0]), ((1, 2, 4), [2]),
    ((4, 8, 8, 8), [1]), ((16, 16), [0]),
])
def test_which_features_are_compared(strides: tuple[int, ...], which: list[int]) -> None:
    """Those of strides 8 and 16, the first of each, or what comes next to them."""
    assert compared(strides) == which


def test_scores_of_unusual_cells_are_kept() -> None:
    """Those of normal ones become small but not 0, and the background's stay."""
    spread = Distances(low=1, high=3)
    weights = spread.weights(np.array([[0.5, 1.0, 2.0, 3.0]]))
    np.testing.assert_allclose(weights, [[0.02**0.5, 0.02**0.5, 0.5**0.5, 1]])
    scores = np.full((3, 4, 8), 0.5, np.float32)
    weighed = weigh(scores, weights)
    assert (weighed[0] == 0.5).all()
    np.testing.assert_array_equal(weighed[1], weighed[2])
    np.testing.assert_allclose(weighed[1, :, [0, -1]], np.array([[0.5 * 0.02**0.5], [0.5]]).repeat(
        4, 1), rtol=1e-6)
    step = Normality(weights=lambda name: weights if name == "p" else weights[:, ::-1])
    photo = np.zeros((4, 8, 3), np.uint8)
    np.testing.assert_array_equal(step(photo, scores, device=CPU, name="p"), weighed)
    assert step(photo, scores, device=CPU, name="q")[1, 0, 0] == pytest.approx(0.5)


def test_between_photos_weights_differ_half_as_much() -> None:
    """So that a photo with a tag on which nothing is very unusual keeps a part of its scores."""
    faint, strong = (Distances(low=1, high=3).weights(1 + 2 * np.array([[0.04, part]]))
                     for part in (0.16, 4.0))
    np.testing.assert_allclose(faint**2, [[0.04 / 0.4, 0.16 / 0.4]])
    np.testing.assert_allclose(strong**2, [[0.02, 4.0 / 2]])


def test_without_weights_nothing_changes() -> None:
    """As in a run whose photos all have tags."""
    scores = np.random.default_rng(0).random((2, 3, 4)).astype(np.float32)
    assert Normality()(np.zeros((3, 4, 3), np.uint8), scores, device=CPU) is scores


def test_equal_distances_are_no_division_by_zero() -> None:
    """As of photos that are all one colour."""
    assert np.isfinite(Distances(low=0.0, high=0.0).weights(np.zeros((2, 3)))).all()
