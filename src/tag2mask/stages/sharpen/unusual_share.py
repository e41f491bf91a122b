"""Lower a share of foreground that is several times what photos without a tag let expect.

What is predicted best from appearance may be the body that a fault is in. Photos without a tag show
the body, too. One in twenty of their own cells is unusual: farther from those of other such photos
than the rest. The part of unusual cells in photos with a tag is about as much as there can be of
faults. Where photos of the two kinds hardly differ in this, it says nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tag2mask.pseudo_masks import Choice
from tag2mask.pseudo_masks.choice import first_share
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import UnusualShare
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.stages.sharpen.normal_distances import FEWEST, NormalDistances

CHOSEN = "unusual.json"
"""File in `sharpener/` with the choice."""

LEAST_SHARE = 0.2
"""Share from which it is looked at: about 0.05 of the cells are unusual in any case, and four times
that is this."""

_TIMES = 4.0
"""How many times the part of unusual cells a share must be to be lowered."""

_FAR, _FARTHEST, _LEAST_FARTHEST = 0.95, 0.99, 0.025
"""Parts of the normal cells that are nearer than unusual and than very unusual ones; and how many
of the cells of photos with a tag are very unusual where they show what the others do not. By
chance, one in a hundred is."""


def lowered_to_unusual(
    context: Context, normal: NormalDistances, choice: Choice
) -> tuple[Choice, UnusualShare | None]:
    """Choose the share again, among those up to the part of unusual cells, if it contradicts them.

    Args:
        context: the run.
        normal: the distances of the run.
        choice: the share so far.

    Returns:
        the choice, and the decision; None if there was none to make.
    """
    if not choice.found or choice.share < LEAST_SHARE or len(normal.normal) < FEWEST:
        return choice, None

    def measure() -> UnusualShare:
        distances = np.concatenate([seen.distances.ravel() for seen in normal.measured])
        among = normal.cells.among_themselves().numpy()
        unusual, farthest = (float((distances > np.quantile(among, part)).mean())
                             for part in (_FAR, _FARTHEST))
        contradicts = farthest >= _LEAST_FARTHEST and choice.share > _TIMES * unusual
        share = first_share(choice, unusual) if contradicts else choice.share
        return UnusualShare(before=choice.share, share=share, unusual=unusual, farthest=farthest)

    made = stored_choice(context.run.sharpener / CHOSEN, UnusualShare, measure,
                         fits=lambda kept: kept.before == choice.share)
    return replace(choice, share=made.share), made
