"""Choose the share of foreground by annotations if there are enough, of photos like the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tag2mask.data.annotations import load_constraint
from tag2mask.data.batches import thinned
from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks import Choice, MapRanks, upscale
from tag2mask.pseudo_masks.annotated_choice import (
    Annotated,
    AnnotatedShare,
    are_typical,
    choose_annotated_share,
)
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes
from tag2mask.stages.sharpen.foreground_share import CHOICE_PHOTOS

_CELLS = (48, 64)


def with_annotations(
    context: Context, ranks: MapRanks, choice: Choice
) -> tuple[Choice, AnnotatedShare | None]:
    """Choose the share of foreground by annotations.

    Args:
        context: the run.
        ranks: ranks of the map values.
        choice: the choice without annotations.

    Returns:
        The choice with the share to use, and the choice by annotations; None if there are too few
        or their photos are unlike the others.
    """
    made = choose_annotated_share(_annotated(context, ranks), choice.shares, choice.share)
    if made is None:
        return choice, None
    annotated, others = _foreground(context, ranks, choice.share)
    if are_typical(annotated, others):
        return replace(choice, share=made.share), made
    context.progress.say(
        f"The annotated photos are unlike the others ({np.mean(annotated):.0%} of them is "
        f"foreground by the maps, {np.mean(others):.0%} of the others), so the share of foreground "
        "is chosen without them."
    )
    return choice, None


def _foreground(
    context: Context, ranks: MapRanks, share: float
) -> tuple[list[float], list[float]]:
    """Return the fraction of foreground by the maps, of annotated photos and of the others."""
    groups: tuple[list[Photo], list[Photo]] = [], []
    for photo in context.dataset.split("train"):
        if photo.tags:
            groups[not (photo.annotation and photo.annotation.certain)].append(photo)

    def fraction(photo: Photo) -> float:
        maps, _ = read_planes(context.run.map_file(photo.name))
        return float((ranks(maps).max(0) > 1 - share).mean())

    annotated, others = ([fraction(photo) for photo in thinned(group, CHOICE_PHOTOS)]
                         for group in groups)
    return annotated, others


def _annotated(context: Context, ranks: MapRanks) -> Iterator[Annotated]:
    """Yield the training photos with tags and annotated pixels."""
    for photo in context.dataset.split("train"):
        if not photo.tags or photo.annotation is None:
            continue
        constraint = load_constraint(photo, len(context.dataset.classes) + 1)
        if constraint is None or not constraint.known.any():
            continue
        maps, _ = read_planes(context.run.map_file(photo.name))
        coarse = constraint.at(_CELLS)
        yield Annotated(upscale(ranks(maps), _CELLS).max(0), coarse.certain,
                        photo.annotation.nearly_complete)
