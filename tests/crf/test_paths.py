"""Pairs and ways between cells, the strongest boundary on them, and the walk over affinities."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tag2mask.crf.path_maximum import _in_torch, path_maximum
from tag2mask.crf.paths import between, half_disc
from tag2mask.crf.random_walk import random_walk
from tag2mask.crf.random_walk_torch import random_walk_torch

DEVICES = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def test_every_pair_is_listed_once() -> None:
    """One half of the disc, without its rim; with the other half it is all but the middle."""
    pairs = half_disc(5)
    both = {*pairs, *((-dy, -dx) for dy, dx in pairs)}
    assert len(both) == 2 * len(pairs)
    reach = range(-5, 6)
    assert both == {(y, x) for y in reach for x in reach if 0 < y * y + x * x < 25}


def test_ways_have_both_ends_and_no_gap() -> None:
    """Straight ones are straight; each cell of a way touches another."""
    assert between((0, 3)) == ((0, 0), (0, 1), (0, 2), (0, 3))
    assert between((2, 0)) == ((0, 0), (1, 0), (2, 0))
    for offset in half_disc(10):
        way = between(offset)
        assert (0, 0) in way
        assert offset in way
        for y, x in way:
            assert any(0 < max(abs(y - b), abs(x - a)) <= 1 for b, a in way)


@pytest.mark.parametrize("radius", [2, 5, 8])
def test_the_strongest_on_the_way(radius: int) -> None:
    """Against a loop over all cells, H and W different; 1 beyond the map."""
    boundary = torch.rand(2, 7, 11)
    found = path_maximum(boundary, radius)
    for pair, (dy, dx) in enumerate(half_disc(radius)):
        for y in range(7):
            for x in range(11):
                inside = y + dy < 7 and 0 <= x + dx < 11
                expected = max((boundary[1, y + b, x + a].item() for b, a in between((dy, dx))),
                               default=1.0) if inside else 1.0
                assert found[1, pair, y, x].item() == pytest.approx(expected)


def test_both_ways_to_it_agree() -> None:
    """Values and gradients of the compiled one and of torch's."""
    boundary = torch.rand(2, 9, 13, requires_grad=True)
    weights = torch.randn(2, len(half_disc(6)), 9, 13)
    results = [function(boundary, 6) for function in (path_maximum, _in_torch)]
    assert torch.equal(*results)
    gradients = [torch.autograd.grad((r * weights).sum(), boundary)[0] for r in results]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)


def dense_walk(
    maps: np.ndarray, affinity: np.ndarray, radius: int, beta: float, doublings: int
) -> np.ndarray:
    """Walk by squaring the matrix of all pairs of cells, as the published code does."""
    _, height, width = maps.shape
    matrix = np.eye(height * width)
    for pair, (dy, dx) in enumerate(half_disc(radius)):
        for y in range(height - dy):
            for x in range(max(0, -dx), width - max(0, dx)):
                one, other = y * width + x, (y + dy) * width + x + dx
                matrix[one, other] = matrix[other, one] = affinity[pair, y, x] ** beta
    matrix /= matrix.sum(0)
    for _ in range(doublings):
        matrix = matrix @ matrix
    walked: np.ndarray = maps.reshape(len(maps), -1) @ matrix
    return walked.reshape(maps.shape)


@pytest.mark.parametrize("radius", [2, 5])
@pytest.mark.parametrize("size", [(9, 14), (3, 20), (1, 6)])
def test_the_walk_is_that_of_the_squared_matrix(radius: int, size: tuple[int, int]) -> None:
    """Within 1e-4, for several maps, on maps smaller than the disc too."""
    rng = np.random.default_rng(0)
    maps = rng.uniform(0, 1, (3, *size)).astype(np.float32)
    affinity = rng.uniform(0, 1, (len(half_disc(radius)), *size)).astype(np.float32)
    ours = random_walk(maps, affinity, radius=radius, beta=3, steps=2**6)
    np.testing.assert_allclose(ours, dense_walk(maps, affinity, radius, 3, 6), atol=1e-4)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("size", [(9, 14), (3, 20), (1, 6), (9, 2), (9, 3), (1, 1)])
def test_the_walk_of_a_batch_in_torch_is_that_of_each_photo(
    size: tuple[int, int], device: str
) -> None:
    """The way that a GPU takes; affinities of pairs that leave the map mean nothing."""
    rng = np.random.default_rng(0)
    maps = rng.uniform(0, 1, (3, 2, *size)).astype(np.float32)
    affinity = rng.uniform(0, 1, (3, len(half_disc(5)), *size)).astype(np.float32)
    together = random_walk_torch(
        torch.from_numpy(maps).to(device), torch.from_numpy(affinity).to(device), radius=5, beta=3,
        steps=7,
    )
    assert together.shape == maps.shape
    for own, pairs, found in zip(maps, affinity, together.cpu().numpy(), strict=True):
        alone = random_walk(own, pairs, radius=5, beta=3, steps=7)
        np.testing.assert_allclose(found, alone, rtol=1e-4, atol=1e-6)


def test_an_odd_number_of_steps() -> None:
    """One step is the mean over the neighbours; none changes nothing."""
    maps = np.random.default_rng(0).uniform(0, 1, (2, 5, 7)).astype(np.float32)
    affinity = np.ones((len(half_disc(2)), 5, 7), np.float32)
    once = random_walk(maps, affinity, radius=2, steps=1)
    np.testing.assert_allclose(once[:, 2, 3], maps[:, 1:4, 2:5].mean((1, 2)), rtol=1e-5)
    np.testing.assert_array_equal(random_walk(maps, affinity, radius=2, steps=0), maps)


def test_a_wall_is_not_crossed() -> None:
    """What starts left of a boundary stays there."""
    boundary = torch.zeros(1, 8, 12)
    boundary[:, :, 6] = 1
    affinity = 1 - path_maximum(boundary, 5)[0].numpy()
    maps = np.zeros((1, 8, 12), np.float32)
    maps[0, 3, 1] = 1
    walked = random_walk(maps, affinity, radius=5)[0]
    assert walked[:, 6:].max() == 0
    assert walked[:, :6].min() > 0
