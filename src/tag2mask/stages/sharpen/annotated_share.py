"""Choose the share of foreground by annotations if there are enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tag2mask.data.annotations import load_constraint
from tag2mask.pseudo_masks import Choice, MapRanks, upscale
from tag2mask.pseudo_masks.annotated_choice import (
    Annotated,
    AnnotatedShare,
    choose_annotated_share,
)
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes

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
        The choice with the share to use, and the choice by annotations; None if there are too few.
    """
    made = choose_annotated_share(_annotated(context, ranks), choice.shares, choice.share)
    return (choice, None) if made is None else (replace(choice, share=made.share), made)


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
