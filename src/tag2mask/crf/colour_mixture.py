"""Mixtures of Gaussians over colours, fitted to weighted samples in milliseconds.

GrabCut (Rother, Kolmogorov & Blake, SIGGRAPH 2004, section 3.1) describes the colours of an object
and those of its surroundings by one mixture each, with every sample assigned to one component.

Differs from the paper: components start from slices along the principal axis instead of splitting
clusters, and variances have a lower limit, since regions of a photo are few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

_ROUNDS = 6
"""Rounds of assigning samples to components; more rounds no longer change masks."""


@dataclass(frozen=True)
class Mixture:
    """A density over colours."""

    logs: np.ndarray
    """(k,) float64: the logarithm of each component's share, divided by its volume."""
    means: np.ndarray
    """(k, C) float64."""
    inverses: np.ndarray
    """(k, C, C) float64, inverse covariances."""


def colour_odds(
    colours: np.ndarray, outside: np.ndarray, inside: np.ndarray, *, factor: float, limit: float
) -> np.ndarray:
    """Compute the log-odds that colours belong to an object, by mixtures of both sides.

    Args:
        colours: (n, C) float64.
        outside: (n,) float64, weight of each colour in the mixture of the surroundings.
        inside: (n,) float64, the same for the object.
        factor: factor of the log-odds.
        limit: largest absolute value.

    Returns:
        (n,) float64; 0 if one side is empty.
    """
    surroundings, thing = (fit_mixture(colours, weights) for weights in (outside, inside))
    if surroundings is None or thing is None:
        return np.zeros(len(colours))
    odds = log_density(thing, colours) - log_density(surroundings, colours)
    return np.asarray((factor * odds).clip(-limit, limit))


def fit_mixture(
    samples: np.ndarray, weights: np.ndarray, *, count: int = 5, spread: float = 0.02
) -> Mixture | None:
    """Fit a mixture to weighted samples.

    Args:
        samples: (n, C) float64.
        weights: (n,) float64, 0 or more.
        count: maximum number of components.
        spread: minimum standard deviation of a component, in units of the samples.

    Returns:
        The mixture, the same for the same samples; None if all weights are zero.
    """
    used = weights > 0
    if not used.any():
        return None
    points, shares = samples[used], weights[used]
    means, owners = _cluster(points, shares, _slices(points, shares, count), _ROUNDS)
    covariances, sums = _covariances(points, shares, means, owners)
    kept = sums > 0
    covariances = covariances[kept] + spread**2 * np.eye(samples.shape[1])
    _, volumes = np.linalg.slogdet(covariances)
    logs = np.log(sums[kept] / sums.sum()) - 0.5 * volumes
    return Mixture(logs, means[kept], np.linalg.inv(covariances))


def log_density(mixture: Mixture, samples: np.ndarray) -> np.ndarray:
    """Compute the logarithm of the density at samples (n, C), up to a constant: (n,) float64."""
    return np.asarray(_densities(samples, mixture.logs, mixture.means, mixture.inverses))


def _slices(points: np.ndarray, shares: np.ndarray, count: int) -> np.ndarray:
    """Cut points into slices of equal weight along their principal axis: (k, C) means."""
    share = shares / shares.sum()
    centred = points - share @ points
    axis = np.linalg.eigh((centred * share[:, None]).T @ centred)[1][:, -1]
    order = np.argsort(centred @ axis, kind="stable")
    middle = np.cumsum(share[order]) - share[order] / 2
    place = np.minimum((middle * count).astype(np.int64), count - 1)
    sums = np.bincount(place, share[order], count)
    means = np.stack([np.bincount(place, share[order] * column[order], count)
                      for column in points.T], axis=1)
    return np.asarray(means[sums > 0] / sums[sums > 0, None])


@njit(nogil=True, cache=True)
def _cluster(
    points: np.ndarray, shares: np.ndarray, means: np.ndarray, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Improve means (k, C) by weighted k-means; return them and the (n,) owner of each point."""
    number, channels = points.shape
    means, owners = means.copy(), np.zeros(number, np.int64)
    for _ in range(rounds):
        sums, totals = np.zeros(means.shape), np.zeros(len(means))
        for i in range(number):
            least = np.inf
            for k in range(len(means)):
                far = _apart(points[i], means[k])
                if far < least:
                    least, owners[i] = far, k
            totals[owners[i]] += shares[i]
            for channel in range(channels):
                sums[owners[i], channel] += shares[i] * points[i, channel]
        for k in range(len(means)):
            if totals[k] > 0:
                means[k] = sums[k] / totals[k]
    return means, owners


@njit(nogil=True, cache=True, inline="always")
def _apart(one: np.ndarray, other: np.ndarray) -> float:
    total = 0.0
    for channel in range(len(one)):
        total += (one[channel] - other[channel]) ** 2
    return total


@njit(nogil=True, cache=True)
def _covariances(
    points: np.ndarray, shares: np.ndarray, means: np.ndarray, owners: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the covariance (k, C, C) and the total weight (k,) of each cluster."""
    channels = points.shape[1]
    spreads, sums = np.zeros((len(means), channels, channels)), np.zeros(len(means))
    for i in range(len(points)):
        k = owners[i]
        sums[k] += shares[i]
        for a in range(channels):
            for b in range(channels):
                spreads[k, a, b] += (shares[i] * (points[i, a] - means[k, a])
                                     * (points[i, b] - means[k, b]))
    for k in range(len(means)):
        spreads[k] /= max(sums[k], 1e-12)
    return spreads, sums


@njit(nogil=True, cache=True)
def _densities(
    samples: np.ndarray, logs: np.ndarray, means: np.ndarray, inverses: np.ndarray
) -> np.ndarray:
    """Sum the components at each sample, in logarithms."""
    number, channels = samples.shape
    result, terms = np.empty(number), np.empty(len(means))
    for i in range(number):
        most = -np.inf
        for k in range(len(means)):
            far = 0.0
            for a in range(channels):
                for b in range(channels):
                    far += ((samples[i, a] - means[k, a]) * inverses[k, a, b]
                            * (samples[i, b] - means[k, b]))
            terms[k] = logs[k] - 0.5 * far
            most = max(most, terms[k])
        result[i] = most + np.log(np.exp(terms - most).sum())
    return result
