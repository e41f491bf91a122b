"""The choice of the background threshold: it finds the object, and cannot be fooled by scale."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.pseudo_masks import MapRanks, Sample, choose_share
from tag2mask.pseudo_masks.choice import FALLBACK_SHARE, SHARES

HEIGHT, WIDTH = 20, 28


def draw(rng: np.random.Generator, radius: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw an object whose look differs from the ground's, and a blurred map centred on it.

    Returns:
        features (N, 4), map (1, H, W) in [0, 1], truth (H, W).
    """
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    centre = rng.uniform(radius, HEIGHT - radius), rng.uniform(radius, WIDTH - radius)
    distance = np.hypot(y - centre[0], x - centre[1])
    truth = distance < radius
    looks = np.where(truth[..., None], [1.0, 0.2, 0.5, 0.1], [0.0, 0.6, 0.4, 0.3])
    features = looks + rng.normal(0, 0.3, (*truth.shape, 4))
    blob = np.exp(-((distance / 8) ** 2)) * rng.uniform(0.97, 1.03, truth.shape)
    return features.reshape(-1, 4), (blob / blob.max())[None], truth


def samples(radius: float, *, power: float = 1.0) -> tuple[list[Sample], float]:
    """Draw 24 photos; return them as samples, and the true share of foreground."""
    rng = np.random.default_rng(3)
    drawn = [draw(rng, radius) for _ in range(24)]
    ranks = MapRanks(planes**power for _, planes, _ in drawn)
    truth = float(np.mean([mask.mean() for _, _, mask in drawn]))
    return [Sample(f, ranks(planes**power).reshape(1, -1)) for f, planes, _ in drawn], truth


@pytest.mark.parametrize("radius", [2.0, 4.0, 7.0])
def test_finds_how_large_the_objects_are(radius: float) -> None:
    """The chosen share is near the true one, for small objects and for large ones."""
    given, truth = samples(radius)
    choice = choose_share(given)
    assert choice.found
    assert choice.share == pytest.approx(truth, rel=0.35)


@pytest.mark.parametrize("power", [0.5, 2.0])
def test_squares_and_roots_of_the_maps_change_nothing(power: float) -> None:
    """Only the order of map values counts."""
    assert choose_share(samples(4.0, power=power)[0]).share == choose_share(samples(4.0)[0]).share


def on_a_leaf(rng: np.random.Generator, *, spotted: bool) -> tuple[np.ndarray, np.ndarray]:
    """Draw a leaf, with a spot in its middle or without.

    Returns:
        features (N, 4), map (1, H, W) in [0, 1].
    """
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    centre = rng.uniform(8, HEIGHT - 8), rng.uniform(8, WIDTH - 8)
    distance = np.hypot(y - centre[0], x - centre[1])
    looks = np.where(distance[..., None] < 8, [1.0, 0.2, 0.5, 0.1], [0.0, 0.6, 0.4, 0.3])
    if spotted:
        looks = np.where(distance[..., None] < 5, [0.8, 0.2, 1.0, 0.6], looks)
    features = looks + rng.normal(0, 0.2, (HEIGHT, WIDTH, 4))
    return features.reshape(-1, 4), np.exp(-((distance / 8) ** 2))[None]


@pytest.mark.parametrize(("number", "radius"), [
    (0, 8), (2, 8), (6, 5), (16, 5)], ids=["none", "too few", "two peaks", "as many"])
def test_what_photos_without_a_tag_show_is_background(number: int, radius: float) -> None:
    """A leaf comes with its spots, and without a tag where there is none.

    With some leaves without spots, a leaf is still learned best, but they lower its peak far more
    than that of the spots before it.
    """
    rng = np.random.default_rng(5)
    spotted = [on_a_leaf(rng, spotted=True) for _ in range(16)]
    ranks = MapRanks(planes for _, planes in spotted)
    tagged = [Sample(features, ranks(planes).reshape(1, -1)) for features, planes in spotted]
    healthy = [Sample(on_a_leaf(rng, spotted=False)[0], np.zeros((0, HEIGHT * WIDTH)))
               for _ in range(number)]
    choice = choose_share([*tagged, *healthy])
    assert choice.share == pytest.approx(np.pi * radius**2 / (HEIGHT * WIDTH), rel=0.25)
    best = choice.shares[int(np.argmax(choice.learnable))]
    assert (best == choice.share) == (number != 6)


def test_without_anything_to_learn_the_fallback_is_taken_and_said() -> None:
    """Noise features explain no labels; too few photos are not even tried."""
    rng = np.random.default_rng(0)
    noise = [Sample(rng.normal(size=(200, 6)), rng.random((1, 200))) for _ in range(12)]
    for given in (noise, noise[:3]):
        choice = choose_share(given)
        assert not choice.found
        assert choice.share == FALLBACK_SHARE


def test_photos_of_the_other_half_are_what_counts() -> None:
    """Features that only name their own photo explain nothing on other photos."""
    rng = np.random.default_rng(1)
    given = []
    for index in range(8):
        name = np.zeros((100, 8))
        name[:, index] = 1
        given.append(Sample(name, rng.random((1, 100))))
    assert not choose_share(given).found


def test_candidates_reach_from_defects_to_whole_photos() -> None:
    """Ascending, from under half a percent to most of the photo."""
    assert list(SHARES) == sorted(SHARES)
    assert SHARES[0] <= 0.005
    assert SHARES[-1] >= 0.75
