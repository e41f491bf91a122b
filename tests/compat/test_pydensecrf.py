"""Code that was written for pydensecrf runs with the import changed, and means the same."""

from __future__ import annotations

import numpy as np
import pytest
from brute_force import blobs, kernel, mean_field, normalised, softmax

import tag2mask.compat.pydensecrf.densecrf as dcrf
from tag2mask.compat.pydensecrf.utils import (
    compute_unary,
    create_pairwise_bilateral,
    create_pairwise_gaussian,
    softmax_to_unary,
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


@pytest.mark.parametrize("dims", [6, 8, 12, 20])
def test_any_number_of_features(dims: int) -> None:
    """Nearer to the sum over all pairs than to no pairs at all; the lattice is an approximation."""
    rng = np.random.default_rng(0)
    features = rng.normal(0, 3, (dims, 200)).astype(np.float32)
    features[:, 100:] = features[:, :100] + 0.3 * rng.normal(0, 1, (dims, 100))
    unary = rng.uniform(0, 2, (3, 200)).astype(np.float32)
    d = dcrf.DenseCRF(200, 3)
    d.setUnary(dcrf.ConstUnary(unary))
    d.addPairwiseEnergy(features, compat=4)
    alone = softmax(-unary)
    exact = softmax(-unary + 4 * alone @ normalised(kernel(features.T)))
    assert np.abs(d.inference(1) - exact).mean() < 0.35 * np.abs(alone - exact).mean()


def test_an_image_of_many_channels() -> None:
    """As in the example of pydensecrf with channels that are not RGB; two halves come apart."""
    rng = np.random.default_rng(0)
    image = rng.normal(0, 0.2, (20, 31, 9)).astype(np.float32)
    image[:, 15:] += 2
    probs = np.full((2, 20, 31), 0.5)
    probs[1, :, 15:], probs[0, :, 15:] = 0.6, 0.4
    probs[0, :, :15], probs[1, :, :15] = 0.6, 0.4
    probs[:, 5, 5], probs[:, 5, 25] = (0.1, 0.9), (0.9, 0.1)
    d = dcrf.DenseCRF2D(31, 20, 2)
    d.setUnaryEnergy(unary_from_softmax(probs))
    features = create_pairwise_bilateral((10, 10), (0.5,) * 9, image, chdim=2)
    assert features.shape == (11, 620)
    d.addPairwiseEnergy(features, compat=10)
    labels = d.inference(5).argmax(0).reshape(20, 31)
    assert labels[5, 5] == 0
    assert labels[5, 25] == 1
    assert (labels == (np.arange(31) >= 15)).mean() > 0.97


def test_older_names() -> None:
    """Which take GT_PROB and do not clip."""
    probs = np.array([[0.25, 1.0], [0.75, 0.0]])
    energies = [[-np.log(0.25), 0], [-np.log(0.75), np.inf]]
    np.testing.assert_allclose(softmax_to_unary(probs), energies, rtol=1e-6)
    np.testing.assert_allclose(softmax_to_unary(probs, GT_PROB=0.8), -np.log(0.8 * probs + 0.1),
                               rtol=1e-6)
    labels = np.array([[0, 1], [2, 1]])
    np.testing.assert_allclose(compute_unary(labels, 2), unary_from_labels(labels, 2, 0.5))


def test_what_cannot_be_meant_is_refused() -> None:
    """Where the original raises too, or would give a result without meaning."""
    image, d = np.zeros((4, 6, 3)), dcrf.DenseCRF2D(6, 4, 2)
    for wrong, told in [
        (lambda: d.addPairwiseBilateral(3, 3, image, 1), "must be uint8"),
        (lambda: d.addPairwiseBilateral(3, 3, image[..., :1], 1), "create_pairwise_bilateral"),
        (lambda: d.setUnaryEnergy(np.full((2, 24), np.nan)), "hold NaN"),
        (lambda: d.addPairwiseEnergy(np.full((3, 24), np.inf), 1), "NaN or inf"),
        (lambda: create_pairwise_bilateral((3, 3), 1, image), "sdims has 2 widths for 3"),
        (lambda: create_pairwise_bilateral((3, 3), (1, 1), image, chdim=2), "for 3 channels"),
        (lambda: unary_from_softmax(np.full((2, 3), 4.0)), "softmax of logits"),
        (lambda: unary_from_labels(np.array([0, 3]), 2, 0.5), "labels must be 0 to 2, not 0 to 3"),
    ]:
        with pytest.raises(ValueError, match=told):
            wrong()
