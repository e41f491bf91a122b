"""Mixtures of Gaussians: the density of their formula, and groups that are found."""

from __future__ import annotations

import numpy as np

from tag2mask.crf.colour_mixture import fit_mixture, log_density


def two_groups() -> tuple[np.ndarray, np.ndarray]:
    """Draw 300 samples around one colour and 100 around another; a third has no weight."""
    rng = np.random.default_rng(0)
    parts = [rng.normal(centre, 0.03, (number, 3)) for centre, number in (
        ((0.2, 0.0, 0.1), 300), ((0.8, 0.1, -0.1), 100), ((0.5, 0.5, 0.5), 50))]
    return np.concatenate(parts), np.repeat([1.0, 1.0, 0.0], [300, 100, 50])


def test_groups_are_found_with_their_shares() -> None:
    """Means, shares and spreads; samples without weight count for nothing."""
    mixture = fit_mixture(*two_groups(), count=2, spread=0.0)
    assert mixture is not None
    order = np.argsort(mixture.means[:, 0])
    assert np.allclose(mixture.means[order], [[0.2, 0, 0.1], [0.8, 0.1, -0.1]], atol=0.02)
    volumes = np.linalg.slogdet(np.linalg.inv(mixture.inverses))[1]
    assert np.allclose(np.exp(mixture.logs + volumes / 2)[order], [0.75, 0.25])
    spreads = np.sqrt(np.diagonal(np.linalg.inv(mixture.inverses), axis1=1, axis2=2))
    assert np.allclose(spreads, 0.03, atol=0.005)


def test_the_density_is_that_of_its_formula() -> None:
    """Term by term, up to the constant that all mixtures share."""
    samples, weights = two_groups()
    mixture = fit_mixture(samples, weights, count=3)
    assert mixture is not None
    expected = []
    for sample in samples[::20]:
        terms = [np.exp(log - (sample - mean) @ inverse @ (sample - mean) / 2)
                 for log, mean, inverse in zip(mixture.logs, mixture.means, mixture.inverses,
                                               strict=True)]
        expected.append(np.log(sum(terms)))
    assert np.allclose(log_density(mixture, samples[::20]), expected)


def test_few_equal_or_no_samples() -> None:
    """Fewer samples than components, all the same colour, or none at all."""
    one = fit_mixture(np.full((4, 3), 0.3), np.ones(4))
    assert one is not None
    near, far = log_density(one, np.array([[0.3, 0.3, 0.3], [0.5, 0.3, 0.3]]))
    assert near > far + 10
    assert fit_mixture(np.ones((4, 3)), np.zeros(4)) is None
    assert fit_mixture(np.ones((0, 3)), np.zeros(0)) is None
