"""Lower a share of foreground that is several times what photos without a tag let expect.

What is predicted best from appearance may be the body that a fault is in. Photos without a tag show
the body, too, and a few of their own cells are unusual: farther from those of other such photos
than the rest. How many more are unusual in photos with a tag is about how much of them is what the
tag stands for, if these cells are far from all others. Where they are only somewhat unusual,
objects look like the rest, and there may be many more of their cells.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tag2mask.pseudo_masks import Choice
from tag2mask.pseudo_masks.choice import first_share
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import UnusualShare
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.stages.sharpen.normal_distances import FEWEST, FEWEST_TAGGED, NormalDistances

CHOSEN = "unusual.json"
"""File in `sharpener/` with the choice."""

_TIMES = 3.0
"""How many times the part of unusual cells a share may be: those of maps are larger than things."""

_PARTS = np.array([0.5, 0.75, 0.9, 0.95, 0.98, 0.99])
"""Parts of the normal cells that are nearer than an unusual cell; the last one: very unusual."""

_LEAST_FARTHEST = 0.02
"""How many of the cells of photos with a tag are very unusual where they show what the others do
not. By chance, one in a hundred is."""

_MOSTLY = 0.9
"""How many of the unusual cells are very unusual, where objects do not look like the rest."""


def lowered_to_unusual(
    context: Context, normal: NormalDistances, choice: Choice
) -> tuple[Choice, UnusualShare | None]:
    """Choose the share again, among those that unusual cells allow, if it contradicts them.

    Args:
        context: the run.
        normal: the distances of the run.
        choice: the share so far.

    Returns:
        the choice, and the decision; None if there was none to make.
    """
    few = len(normal.normal) < FEWEST or len(normal.sample) < FEWEST_TAGGED
    if few or not choice.found:
        return choice, None

    def measure() -> UnusualShare:
        distances = np.concatenate([seen.distances.ravel() for seen in normal.measured])
        among = normal.cells.among_themselves().numpy()
        found = (distances > np.quantile(among, _PARTS)[:, None]).mean(1)
        more, farthest = found - (1 - _PARTS), float(found[-1])
        unusual = max(float(more.max()), 0.0)
        contradicts = (farthest >= _LEAST_FARTHEST and more[-1] >= _MOSTLY * unusual
                       and choice.share > _TIMES * unusual)
        share = first_share(choice, _TIMES * unusual) if contradicts else choice.share
        return UnusualShare(before=choice.share, share=share, unusual=unusual, farthest=farthest)

    made = stored_choice(context.run.sharpener / CHOSEN, UnusualShare, measure,
                         fits=lambda kept: kept.before == choice.share)
    return replace(choice, share=made.share), made
