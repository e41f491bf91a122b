"""Lower the share of foreground as far as the outlines of the masks lie on stronger edges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tag2mask.core.processes import interleaved, own
from tag2mask.data.batches import load_fitted, thinned
from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks import over_background, upscale
from tag2mask.pseudo_masks.levels import Levels
from tag2mask.pseudo_masks.outline import (
    FACTORS,
    choose_factor,
    highest_ratios,
    outline_edges,
    strengths,
)
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import OutlineChoice

_PHOTOS = 200
"""Number of photos for the choice; evenly spaced."""

_SMALL = 0.1
"""Share of foreground at which objects are about as small as the cells of the maps, which are then
larger than the objects."""

_SURE = 0.8
"""Part of the foreground that is sure; `label` leaves most of the rest undecided."""


def share_by_outlines(
    context: Context, score_file: Callable[[str], Path], share: float, *, learned: bool,
    alone: bool = False, long_side: int,
) -> OutlineChoice:
    """Choose the share of foreground of sharpened scores, without masks.

    Args:
        context: the run.
        score_file: returns the file of the scores of the photo of that name.
        share: share of foreground so far, in (0, 1); the choice is not larger.
        learned: whether the scores are those of a network that was trained on the first ones. It
            has seen the objects on many photos. Other scores may have the strongest edges on parts
            of an object, so their edges must have a peak.
        alone: whether there are no such scores to take instead. Small shares then need no peak.
        long_side: long side at which photos are read, in pixels.
    """
    train = context.dataset.split("train")
    levels = Levels(train, score_file)
    cuts, sure = (np.array([levels.above(part * share * factor) for factor in FACTORS])
                  for part in (1, _SURE))

    def measure(photo: Photo) -> tuple[np.ndarray, np.ndarray]:
        pixels = load_fitted(photo, long_side)
        scores, _ = read_planes(score_file(photo.name))
        ratios = over_background(upscale(scores, (pixels.shape[0], pixels.shape[1])))
        # Levels ascend as shares fall.
        return outline_edges(pixels, ratios.max(0), cuts[::-1])[:, ::-1], highest_ratios(ratios)

    tagged = thinned([photo for photo in train if photo.tags], _PHOTOS)
    measured = [*interleaved(measure(photo) for photo in own(tagged))]
    curve = strengths(np.sum([edges for edges, _ in measured], axis=0))
    highest = np.concatenate([ratios for _, ratios in measured])
    lost = ((sure[-1] < highest) & (highest <= sure[:, None])).mean(1)
    peak = not (learned or (alone and share <= _SMALL))
    index = choose_factor(curve, lost, peak=peak)
    return OutlineChoice(
        before=share, share=share * float(FACTORS[index]), edge_before=float(curve[-1]),
        edge=float(curve[index]),
    )
