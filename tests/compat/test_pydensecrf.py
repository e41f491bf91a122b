"""Code that was written for pydensecrf runs with the import changed, and means the same."""

from __future__ import annotations

import numpy as np
import pytest
from brute_force import blobs, kernel, mean_field, normalised, softmax

import tag2mask.compat.pydensecrf.densecrf as dcrf
from tag2mask.compat.pydensecrf.utils import (
    create_pairwise_bilateral,
    create_pairwise_gaussian,
    unary_from_labels,
    unary_from_softmax,
)


def test_published_calls_run() -> None:
    """The sequence that most weakly supervised repositories have, with a softmax."""
    image, probs = blobs(22, 35, 3)
    h, w = image.shape[:2]
    d = dcrf.DenseCRF2D(w, h, 3)
    unary = np.ascontiguousarray(unary_from_softmax(probs))
    d.setUnaryEnergy(unary)
    d.addPairwiseGaussian(sxy=3, compat=3)
    d.addPairwiseBilateral(sxy=25, srgb=30, rgbim=np.copy(image), compat=10)
    q = np.array(d.inference(5)).reshape((3, h, w))
    exact = mean_field(image, unary.reshape(3, h, w), (3, 3), (25, 30, 10), 5)
    assert np.abs(q - exact).mean() < 5e-3


def test_step_by_step_is_the_same_as_at_once() -> None:
    """As in notebooks; the general way agrees with the fast."""
    image, probs = blobs(22, 35, 3)
    d = dcrf.DenseCRF2D(35, 22, 3)
    d.setUnaryEnergy(unary_from_softmax(probs))
    d.addPairwiseGaussian(sxy=(3, 3), compat=3, kernel=dcrf.DIAG_KERNEL,
                          normalization=dcrf.NORMALIZE_SYMMETRIC)
    d.addPairwiseBilateral(sxy=(25, 25), srgb=(30, 30, 30), rgbim=image, compat=10)
    q, first, second = d.startInference()
    before = d.klDivergence(q)
    for _ in range(5):
        d.stepInference(q, first, second)
    assert d.klDivergence(q) < before
    assert np.abs(q - d.inference(5)).mean() < 5e-3


@pytest.mark.parametrize("compat", [
    4.0, np.array([-2.0, -3.0, -4.0], np.float32),
    np.array([[0, 1, 3], [1, 0, 2], [3, 2, 0]], np.float32),
])
@pytest.mark.parametrize("normalization", [
    dcrf.NO_NORMALIZATION, dcrf.NORMALIZE_BEFORE, dcrf.NORMALIZE_AFTER, dcrf.NORMALIZE_SYMMETRIC,
])
def test_other_features_compatibilities_and_normalisations(
    compat: float | np.ndarray, normalization: int
) -> None:
    """Against the sum over all pairs."""
    rng = np.random.default_rng(0)
    features = rng.normal(0, 2, (3, 60)).astype(np.float32)
    unary = rng.uniform(0, 2, (3, 60)).astype(np.float32)
    d = dcrf.DenseCRF(60, 3)
    d.setUnaryEnergy(unary)
    d.addPairwiseEnergy(features, compat=compat, normalization=normalization)
    ours = np.array(d.inference(1))
    matrix = kernel(features.T)
    if normalization == dcrf.NORMALIZE_SYMMETRIC:
        matrix = normalised(matrix)
    elif normalization == dcrf.NORMALIZE_BEFORE:
        matrix = matrix / matrix.sum(1, keepdims=True)
    elif normalization == dcrf.NORMALIZE_AFTER:
        matrix = matrix / matrix.sum(1)[None]
    filtered = softmax(-unary) @ matrix
    cost = {0: lambda: -compat * filtered, 1: lambda: compat[:, None] * filtered,  # type: ignore[index]
            2: lambda: compat @ filtered}[np.ndim(compat)]()
    exact = softmax(-unary - cost)
    assert np.abs(ours - exact).mean() < 0.02 * (4 if normalization == dcrf.NO_NORMALIZATION else 1)


def test_energies_and_features() -> None:
    """By hand."""
    labels = np.array([[0, 1], [2, 1]])
    energies = unary_from_labels(labels, 2, gt_prob=0.7)
    expected = -np.log([[0.5, 0.7, 0.3, 0.7], [0.5, 0.3, 0.7, 0.3]])
    np.testing.assert_allclose(energies, expected, rtol=1e-6)
    hard = unary_from_labels(labels, 3, gt_prob=0.6, zero_unsure=False)
    np.testing.assert_allclose(np.exp(-hard[:, 0]), [0.6, 0.2, 0.2], rtol=1e-6)
    np.testing.assert_allclose(
        np.exp(-unary_from_softmax(np.array([[1.0], [0.0]]), scale=0.8)), [[0.9], [0.1]], rtol=1e-5
    )
    places = create_pairwise_gaussian(sdims=(2, 4), shape=(2, 3))
    np.testing.assert_allclose(places, [[0, 0, 0, 0.5, 0.5, 0.5], [0, 0.25, 0.5, 0, 0.25, 0.5]])
    image = np.arange(18).reshape(2, 3, 3)
    both = create_pairwise_bilateral((2, 4), (1, 2, 3), image, chdim=2)
    np.testing.assert_allclose(both[:2], places)
    np.testing.assert_allclose(both[4], image[..., 2].ravel() / 3)


def test_what_is_missing_or_does_not_fit_is_told() -> None:
    """As ValueError, which such code expects."""
    d = dcrf.DenseCRF2D(4, 3, 2)
    with pytest.raises(ValueError, match="setUnaryEnergy"):
        d.inference(1)
    with pytest.raises(ValueError, match=r"\(2, 12\)"):
        d.setUnaryEnergy(np.zeros((2, 11), np.float32))
    with pytest.raises(ValueError, match="image"):
        d.addPairwiseBilateral(3, 3, np.zeros((4, 3, 3), np.uint8), 1)
    with pytest.raises(ValueError, match="compat"):
        d.addPairwiseGaussian(3, np.zeros(5))
