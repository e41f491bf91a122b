"""Erasing and merging together, with a classifier that goes by the most telling thing it sees.

Each photo has an object of 7 x 7 pixels with a discriminative part of 3 x 3. The classifier here is
no
network: it takes the part where enough of it is left, else the body, else some ground; whether
networks do so is measured on the drawn scenes.
"""

from __future__ import annotations

import numpy as np

from tag2mask.strategies.adversarial_erasing import ErasingRounds

SIDE, COUNT = 20, 30


def draw() -> tuple[np.ndarray, np.ndarray]:
    """Draw where objects and their discriminative parts are: (N, H, W) bool, twice."""
    rng = np.random.default_rng(0)
    whole, parts = np.zeros((2, COUNT, SIDE, SIDE), bool)
    for index in range(COUNT):
        y, x = rng.integers(0, SIDE - 7, 2)
        whole[index, y : y + 7, x : x + 7] = parts[index, y + 4 : y + 7, x + 2 : x + 5] = True
    return whole, parts


def look(whole: np.ndarray, part: np.ndarray, erased: np.ndarray, index: int) -> np.ndarray:
    """Give the map of one photo, (H, W) in [0, 1], with a little of the ground everywhere."""
    ground = 0.4 * np.random.default_rng(index).random((SIDE, SIDE))
    for region in (part, whole):
        left = region & ~erased
        if left.sum() > 0.3 * region.sum():
            return np.where(left, 1.0, ground)
    return ground / ground.max()


def recall_at(maps: np.ndarray, truth: np.ndarray, body: np.ndarray, precision: float) -> float:
    """Give the largest covered share of the bodies at a precision or above."""
    cuts = [maps > threshold for threshold in np.linspace(0.01, 0.99, 99)]
    shares = [
        float((found & body).sum() / body.sum()) for found in cuts
        if found.any() and (found & truth).sum() / found.sum() >= precision
    ]
    return max(shares, default=0.0)


def mined(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Look, erase and look again; give the merged maps of so many rounds, and what is erased."""
    rounds, (whole, parts) = ErasingRounds(), draw()
    maps, erased = [], np.zeros(whole.shape, bool)
    for _ in range(count):
        maps.append(np.stack([look(*three, index) for index, three in
                              enumerate(zip(whole, parts, erased, strict=True))]))
        erased = np.stack([rounds.erase(own[None], gone)
                           for own, gone in zip(maps[-1], erased, strict=True)])
    merged = [rounds.merge(np.stack(own)) for own in zip(*maps, strict=True)]
    return np.stack(merged), erased


def test_rounds_cover_more_of_the_body_at_equal_precision() -> None:
    """Of 90 %: nothing of it in one round, all of it in two."""
    whole, parts = draw()
    body = whole & ~parts
    (one, erased), (two, _) = mined(1), mined(2)
    assert np.array_equal(erased, parts)
    assert recall_at(one, whole, body, 0.9) < 0.05
    assert recall_at(two, whole, body, 0.9) == 1


def test_a_round_too_many_costs_a_part_of_that() -> None:
    """The third finds ground alone; which is why a class stops that is not told any more."""
    whole, parts = draw()
    three, erased = mined(3)
    assert 0.3 < recall_at(three, whole, whole & ~parts, 0.9) < 1
    assert erased.mean((1, 2)).max() <= ErasingRounds.limit
