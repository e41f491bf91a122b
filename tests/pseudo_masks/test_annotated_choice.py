"""The share of foreground by what is certain."""

from __future__ import annotations

import numpy as np

from tag2mask.core.contracts import IGNORE
from tag2mask.pseudo_masks.annotated_choice import Annotated, choose_annotated_share

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


def test_few_do_not_choose() -> None:
    """One mask, or some clicks, are too little for a whole set."""
    assert choose_annotated_share(photos(1, complete=True), SHARES, 0.8) is None
    assert choose_annotated_share([], SHARES, 0.8) is None
