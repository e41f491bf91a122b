"""The lattice against the sum over all pairs, and numba against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from brute_force import blobs, kernel

from tag2mask.core.contracts import InputError
from tag2mask.crf.field import bilateral_features, position_features
from tag2mask.crf.permutohedral import build_lattice
from tag2mask.crf.permutohedral_torch import TorchLattice


@pytest.mark.parametrize("dims", [1, 2, 3, 5, 7])
def test_both_ways_give_the_same(dims: int) -> None:
    """In any number of dimensions, several channels, negative values and features."""
    rng = np.random.default_rng(dims)
    features = rng.normal(0, 3, (400, dims)).astype(np.float32)
    values = rng.normal(0, 1, (400, 3)).astype(np.float32)
    ours = build_lattice(features).filter(values)
    other = TorchLattice(torch.from_numpy(features)).filter(torch.from_numpy(values))
    np.testing.assert_allclose(ours, other.numpy(), rtol=1e-3, atol=2e-4)


def test_one_channel_alone_is_what_it_is_among_others() -> None:
    """It goes a way of its own."""
    rng = np.random.default_rng(0)
    features = rng.normal(0, 3, (300, 5)).astype(np.float32)
    values = rng.normal(0, 1, (300, 2)).astype(np.float32)
    lattice = build_lattice(features)
    np.testing.assert_allclose(
        lattice.filter(values[:, 1:]), lattice.filter(values)[:, 1:], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("features", [
    position_features((23, 31), 3.0),
    bilateral_features(blobs(23, 31, 3)[0], 20.0, 30.0),
])
def test_it_is_nearly_the_gaussian(features: np.ndarray) -> None:
    """Normalised by its own sums, as the CRF uses it."""
    values = np.random.default_rng(0).uniform(0, 1, (len(features), 2)).astype(np.float32)
    lattice, exact = build_lattice(features), kernel(features)
    ours = lattice.filter(values) / lattice.filter(np.ones((len(features), 1), np.float32))
    truth = exact @ values / exact.sum(1, keepdims=True)
    assert np.abs(ours - truth).max() < 0.05
    assert np.abs(ours - truth).mean() < 0.01


def test_weights_add_up() -> None:
    """To one for every feature, none negative beyond rounding; corners exist."""
    lattice = build_lattice(bilateral_features(blobs(17, 29, 3)[0], 30.0, 13.0))
    np.testing.assert_allclose(lattice.weights.sum(1), 1, atol=1e-5)
    assert lattice.weights.min() > -1e-4
    assert lattice.corners.min() >= 1
    assert lattice.corners.max() == lattice.points


def test_what_is_far_away_is_not_heard() -> None:
    """Two clusters do not mix, and each keeps its own mean."""
    features = np.concatenate([np.zeros((50, 5)), np.full((50, 5), 40.0)]).astype(np.float32)
    values = np.repeat([[1.0], [3.0]], 50, 0).astype(np.float32)
    lattice = build_lattice(features)
    mean = lattice.filter(values) / lattice.filter(np.ones_like(values))
    np.testing.assert_allclose(mean, values, rtol=1e-5)


def test_many_points_make_the_table_grow() -> None:
    """Past its first size, without losing any."""
    features = np.random.default_rng(1).uniform(0, 200, (3000, 5)).astype(np.float32)
    lattice = build_lattice(features)
    assert lattice.points > 10_000
    mean = lattice.filter(np.ones((3000, 1), np.float32))
    assert mean.min() > 0


def test_features_that_cannot_be_numbered_are_told() -> None:
    """Spread too far, or no numbers."""
    wide = np.zeros((2, 7), np.float32)
    wide[1] = 1e6
    with pytest.raises(InputError, match="too small"):
        build_lattice(wide)
    with pytest.raises(InputError, match="too small"):
        TorchLattice(torch.from_numpy(wide))
    with pytest.raises(InputError, match="NaN"):
        build_lattice(np.full((2, 3), np.nan, np.float32))


def test_torch_can_be_differentiated_through() -> None:
    """Exactly, with respect to the values."""
    lattice = TorchLattice(torch.randn(12, 3, dtype=torch.float64))
    values = torch.randn(12, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lattice.filter, (values,))
