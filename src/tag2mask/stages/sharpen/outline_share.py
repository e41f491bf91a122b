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
from tag2mask.pseudo_masks.outline import FACTORS, choose_factor, outline_edges, strengths
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import OutlineChoice

_PHOTOS = 200
"""Number of photos for the choice; evenly spaced."""


def share_by_outlines(
    context: Context, score_file: Callable[[str], Path], share: float, *, learned: bool,
    long_side: int,
) -> OutlineChoice:
    """Choose the share of foreground of sharpened scores, without masks.

    Args:
        context: the run.
        score_file: returns the file of a photo's scores, given its name.
        share: share of foreground so far, in (0, 1); the choice is not larger.
        learned: whether the scores are those of a network that was trained on the first ones.
        long_side: long side at which photos are read, in pixels.
    """
    train = context.dataset.split("train")
    levels = Levels(train, score_file)
    # Levels ascend as shares fall.
    cuts = np.array([levels.above(share * factor) for factor in FACTORS[::-1]])

    def edges(photo: Photo) -> np.ndarray:
        pixels = load_fitted(photo, long_side)
        scores, _ = read_planes(score_file(photo.name))
        full = upscale(scores, (pixels.shape[0], pixels.shape[1]))
        return outline_edges(pixels, over_background(full).max(0), cuts)[:, ::-1]

    tagged = thinned([photo for photo in train if photo.tags], _PHOTOS)
    curve = strengths(np.sum([*interleaved(edges(photo) for photo in own(tagged))], axis=0))
    chosen = choose_factor(curve, learned=learned)
    made = OutlineChoice(
        before=share, share=share * float(FACTORS[chosen]), edge_before=float(curve[-1]),
        edge=float(curve[chosen]),
    )
    if made.sentence:
        context.progress.say(f"sharpen: {made.sentence}")
    return made
