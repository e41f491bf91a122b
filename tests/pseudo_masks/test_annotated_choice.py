"""The share of foreground by what is certain."""

from __future__ import annotations

import numpy as np

from tag2mask.core.contracts import IGNORE
from tag2mask.pseudo_masks.annotated_choice import (
    Annotated,
    are_typical,
    choose_annotated_share,
)

SHARES = (0.05, 0.1, 0.2, 0.4, 0.8)


def photos(count: int, *, complete: bool) -> list[Annotated]:
    """Draw photos a fifth of which is foreground, where ranks are highest."""
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(count):
        ranks = rng.permutation(np.linspace(0, 1, 1200)).reshape(30, 40)
        labels = (ranks > 0.8).astype(np.uint8)
        if not complete:
            labels[rng.random(labels.shape) > 0.05] = IGNORE
        drawn.append(Annotated(ranks, labels, complete))
    return drawn


def test_complete_masks_and_clicks_choose_what_is_true() -> None:
    """Far from the choice without them."""
    for complete in (True, False):
        made = choose_annotated_share(photos(10, complete=complete), SHARES, 0.8)
        assert made is not None
        assert made.share == 0.2
        assert ("complete masks" in made.source) is complete


def test_poor_maps_do_not_choose_too_much_foreground() -> None:
    """There the overlap of the foreground alone is largest if all is foreground."""
    rng = np.random.default_rng(0)
    drawn = [Annotated(rng.random((30, 40)), (rng.random((30, 40)) < 0.2).astype(np.uint8), True)
             for _ in range(10)]
    made = choose_annotated_share(drawn, SHARES, 0.8)
    assert made is not None
    assert made.share < 0.4


def test_masks_that_disagree_keep_the_usual_choice() -> None:
    """A fraction that is better for one mask in two is better by chance."""
    ranks = np.linspace(0, 1, 1200).reshape(30, 40)
    drawn = [Annotated(ranks, (ranks > 1 - share).astype(np.uint8), True)
             for share in (0.05, 0.4) * 4]
    for usual in (0.1, 0.2):
        made = choose_annotated_share(drawn, SHARES, usual)
        assert made is not None
        assert made.share == usual


def test_undecidable_borders_count_for_neither_side() -> None:
    """Masks of Pascal VOC have them around every object."""
    ranks = np.linspace(0, 1, 1200).reshape(30, 40)
    labels = (ranks > 0.8).astype(np.uint8)
    labels[(ranks > 0.6) & (ranks <= 0.8)] = IGNORE
    made = choose_annotated_share([Annotated(ranks, labels, True)] * 8, SHARES, 0.05)
    assert made is not None
    assert made.share == 0.2


def test_few_do_not_choose() -> None:
    """One mask, or some clicks, are too little for a whole set."""
    assert choose_annotated_share(photos(1, complete=True), SHARES, 0.8) is None
    assert choose_annotated_share([], SHARES, 0.8) is None


def test_photos_with_far_more_foreground_are_not_typical() -> None:
    """As those are that a person corrects first; a random part of all photos is."""
    fractions = list(np.random.default_rng(0).random(200))
    assert are_typical(fractions[:20], fractions[20:])
    fractions.sort()
    assert not are_typical(fractions[-20:], fractions[:-20])
    assert not are_typical(fractions[:20], fractions[20:])
    assert not are_typical(fractions[:150], fractions[150:])


def test_photos_without_others_are_typical() -> None:
    """And so are alike ones, without any spread."""
    assert are_typical([0.1, 0.9], [])
    assert are_typical([0.5], [0.5, 0.5])
