"""A prior is used where it agrees with the maps and labels become easier to predict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tag2mask.sharpening.prior_agreement import LIMITS, Seen, correlation, judge, level

SHARE = 0.2
CELLS = (9, 12)


def photos(*, agrees: bool, noisy: str, count: int = 20) -> Iterator[Seen]:
    """Draw photos whose features show the object; one of the two labellings is mostly noise."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        thing = np.zeros(CELLS, np.float32)
        y, x = rng.integers(0, 5), rng.integers(0, 6)
        thing[y : y + 4, x : x + 6] = 1
        features = np.stack([thing, *rng.normal(0, 1, (3, *CELLS))], 2)
        noise = rng.random((36, 48)).astype(np.float32)
        clean = np.kron(thing, np.ones((4, 4), np.float32)) + 0.1 * noise
        mixed = np.kron(rng.random(CELLS).astype(np.float32), np.ones((4, 4), np.float32)) + noise
        without, helped = (mixed, clean) if noisy == "without" else (clean, mixed)
        prior = thing if agrees else rng.random(CELLS).astype(np.float32)
        yield Seen(features.astype(np.float32), thing + 0.1 * noise[:9, :12], prior, without,
                   helped)


def test_a_prior_that_agrees_and_clears_up_is_used() -> None:
    """With its figures in the reason."""
    verdict = judge(photos(agrees=True, noisy="without"), SHARE)
    assert verdict.helps
    assert verdict.limit == LIMITS[0]
    assert verdict.figures["correlation"] > 0.9
    assert verdict.figures["by_chance"] < 0.5
    assert verdict.figures["learnability_with"] > verdict.figures["learnability_without"]
    assert "easier to predict" in verdict.why


def test_a_prior_that_makes_labels_harder_to_predict_is_not() -> None:
    """Though it agrees."""
    verdict = judge(photos(agrees=True, noisy="helped"), SHARE)
    assert not verdict.helps
    assert "not easier" in verdict.why


def test_weighed_maps_need_no_gain() -> None:
    """Features make their labels easier to predict, so it is enough that labels stay as easy."""
    equal = [replace(seen, helped=seen.without)
             for seen in photos(agrees=True, noisy="helped")]
    assert not judge(equal, SHARE).helps
    verdict = judge(equal, SHARE, weighed=True)
    assert verdict.helps
    assert "as easy to predict" in verdict.why
    assert not judge(photos(agrees=True, noisy="helped"), SHARE, weighed=True).helps


def test_a_prior_of_something_else_is_not() -> None:
    """Though labels would be easier to predict with it."""
    verdict = judge(photos(agrees=False, noisy="without"), SHARE)
    assert not verdict.helps
    assert verdict.figures["correlation"] < 0.2
    assert "less than 0.2" in verdict.why


@pytest.mark.parametrize("count", [0, 3])
def test_few_photos_decide_nothing(count: int) -> None:
    """Then there is no help."""
    assert not judge(photos(agrees=True, noisy="without", count=count), SHARE).helps


def test_what_both_owe_to_the_middle_is_no_agreement() -> None:
    """Maps and priors are blobs in the middle: photos that the prior contradicts are left out."""
    blob = np.exp(-np.linspace(-2, 2, 24)[:, None] ** 2 - np.linspace(-2, 2, 31) ** 2)
    seen = [replace(photo, maps=blob, prior=blob if number % 4 else -blob)
            for number, photo in enumerate(photos(agrees=True, noisy="without"))]
    verdict = judge(seen, SHARE)
    assert verdict.figures["correlation"] == pytest.approx(0.5)
    assert verdict.figures["by_chance"] == pytest.approx(0.5, abs=0.05)
    assert verdict.limit == LIMITS[0]
    assert verdict.figures["share_of_photos"] == 0.75


def test_a_correlation_over_cells() -> None:
    """Whatever the two sizes; a prior that says nothing agrees with nothing."""
    rows = np.linspace(0, 1, 24, dtype=np.float32)[:, None] * np.ones((1, 31), np.float32)
    prior = np.linspace(0, 1, 60, dtype=np.float32)[:, None] * np.ones((1, 77), np.float32)
    assert correlation(rows, prior) == pytest.approx(1, abs=0.01)
    assert correlation(rows, 1 - prior) == pytest.approx(-1, abs=0.01)
    assert correlation(rows, np.zeros((60, 77), np.float32)) == 0


@pytest.mark.parametrize(("share", "found"), [(0.04, 0.0), (0.16, 0.2), (0.3, 0.3)])
def test_tied_pixels_are_taken_where_that_is_nearer(share: float, found: float) -> None:
    """A fifth of the pixels have the same value, as after a CRF."""
    plane = np.concatenate([np.linspace(0, 1, 800), np.full(200, 2.0)]).reshape(20, 50)
    edge = level([plane], share)
    assert float((plane > edge).mean()) == pytest.approx(found, abs=0.01)
