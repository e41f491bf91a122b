"""Which photos are chosen, on drawn features."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.advice.next_photos import kind_for
from tag2mask.advice.ranking import Candidates, draw, rank


def candidates(doubt: np.ndarray | None = None, annotated: int | None = None) -> Candidates:
    """Give two groups of twelve photos each that look alike, and one photo like no other."""
    rng = np.random.default_rng(0)
    centres = np.repeat(np.eye(3), (12, 12, 1), axis=0)
    features = centres + 0.01 * rng.random((25, 3))
    tags = [(0,)] * 12 + [(1,)] * 12 + [(0,)]
    return Candidates(
        doubt=np.ones(25) if doubt is None else doubt, features=features, tags=tags,
        annotated=np.zeros((0, 3)) if annotated is None else np.eye(3)[annotated : annotated + 1],
    )


def test_the_groups_take_turns_and_the_odd_one_waits() -> None:
    """Each photo that is chosen makes others like it less urgent."""
    chosen = [index for index, _, _ in rank(candidates(), 2)]
    assert sorted(index // 12 for index in chosen) == [0, 1]


def test_what_is_annotated_is_not_asked_for_again() -> None:
    """The first group is known already."""
    assert rank(candidates(annotated=0), 1)[0][0] // 12 == 1


def test_doubt_decides_among_photos_that_are_alike() -> None:
    """The least trusted one comes first."""
    doubt = np.zeros(25)
    doubt[5] = 1
    assert rank(candidates(doubt, annotated=1), 1)[0][0] == 5


def test_no_more_than_there_are() -> None:
    """Each photo once."""
    chosen = [index for index, _, _ in rank(candidates(), 100)]
    assert sorted(chosen) == list(range(25))


def test_photos_are_drawn_from_the_less_trusted_half() -> None:
    """Each photo of it, and once; a seed draws the same ones."""
    doubt, tags = np.random.default_rng(0).permutation(np.linspace(0, 1, 20)), [(0,)] * 20
    drawn = [[index for index, _ in draw(doubt, tags, 4, np.random.default_rng(seed))]
             for seed in range(50)]
    assert all(len(set(one)) == 4 for one in drawn)
    assert {index for one in drawn for index in one} == set(np.flatnonzero(doubt > 0.5).tolist())
    assert drawn[3] == [index for index, _ in draw(doubt, tags, 4, np.random.default_rng(3))]


def test_more_than_half_are_the_most_doubtful_ones() -> None:
    """And no more than there are."""
    doubt, tags = np.linspace(0, 1, 10), [(0,)] * 10
    for number, least in ((7, 3), (99, 0)):
        drawn = [index for index, _ in draw(doubt, tags, number, np.random.default_rng(0))]
        assert sorted(drawn) == list(range(least, 10))


def test_drawn_photos_balance_the_classes() -> None:
    """A class with few photos is not left out."""
    tags = [(0,), (0,), (0,), (1,)] * 10
    drawn = [index for seed in range(20)
             for index, _ in draw(np.ones(40), tags, 10, np.random.default_rng(seed))]
    assert np.mean(np.array(drawn) % 4 == 3) > 0.4


@pytest.mark.parametrize(("stability", "agreement", "kind"), [
    (0.2, 0.2, "masks"), (0.2, 0.9, "boxes"), (0.9, 0.2, "points"), (0.9, 0.9, "points"),
])
def test_kinds(stability: float, agreement: float, kind: str) -> None:
    """By what is unsure."""
    assert kind_for({"stability": stability, "agreement": agreement}) == kind
