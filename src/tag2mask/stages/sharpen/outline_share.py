"""Lower the share of foreground as far as the outlines of the masks lie on stronger edges."""

from __future__ import annotations

import numpy as np

from tag2mask.core.processes import barrier, interleaved, own
from tag2mask.data.batches import load_fitted, thinned
from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks import Cut, decide, over_background, upscale
from tag2mask.pseudo_masks.levels import Levels
from tag2mask.pseudo_masks.outline import FACTORS, choose_factor, outline_edges, strengths
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes, write_planes
from tag2mask.run_folder.records import OutlineChoice
from tag2mask.stages.sharpen.stored_choice import stored_choice

CHOSEN = "outline.json"
"""File in `sharpener/` with the choice."""

_PHOTOS = 200
"""Number of photos for the choice; evenly spaced."""

_MARGIN = 1.02
"""Multiple of the level that kept pixels have at least; levels of a share are found to 1 %."""


def share_by_outlines(
    context: Context, share: float, *, learned: bool, long_side: int
) -> tuple[float, OutlineChoice]:
    """Choose the share of foreground of the run's sharpened scores, without masks.

    A tag that would lose its last pixel in a photo keeps those that it has at the share before:
    its scores are raised.

    Args:
        context: the run.
        share: share of foreground so far, in (0, 1); the choice is not larger.
        learned: whether the scores are those of a network that was trained on the first ones.
        long_side: long side at which photos are read, in pixels.

    Returns:
        the share of foreground that results, slightly larger than the chosen one where tags are
        kept; and the choice.
    """
    made = stored_choice(
        context.run.sharpener / CHOSEN, OutlineChoice,
        lambda: _choose(context, share, learned=learned, long_side=long_side))
    if not made.sentence:
        return made.share, made
    context.progress.say(f"sharpen: {made.sentence}")
    _keep_tags(context, made)
    levels = Levels(context.dataset.split("train"), context.run.sharp_file)
    return levels.share(made.level), made


def _choose(
    context: Context, share: float, *, learned: bool, long_side: int
) -> OutlineChoice:
    train, score_file = context.dataset.split("train"), context.run.sharp_file
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
    return OutlineChoice(
        before=share, share=share * float(FACTORS[chosen]),
        edge_before=float(curve[-1]), edge=float(curve[chosen]),
        level_before=float(cuts[0]), level=float(cuts[::-1][chosen]),
    )


def _keep_tags(context: Context, made: OutlineChoice) -> None:
    """Raise the scores of tags that have pixels at the level before, and none at the new one.

    Annotated photos have levels of their own. Done twice, it changes nothing more.
    """
    for photo in own([p for p in context.dataset.photos if p.tags and not p.annotation]):
        path = context.run.sharp_file(photo.name)
        scores, classes = read_planes(path)
        before, after = (decide(scores, classes.tolist(), Cut(level, level, level))
                         for level in (made.level_before, made.level))
        lost = np.setdiff1d(before, after)
        if len(lost):
            scores[1:][np.isin(classes + 1, lost)] *= _MARGIN * made.level / made.level_before
            write_planes(path, scores, classes)
    barrier()
