"""Choose the share of foreground without masks, from maps and features."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from tag2mask.data.batches import thinned
from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks import Choice, MapRanks, Sample, choose_share, upscale
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import BackgroundChoice
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.stages.sharpen.feature_reader import coarse_feature, looks

CHOICE_PHOTOS = 500
"""Number of photos for choosing the threshold; more do not change it."""


def choose_background(context: Context, device: torch.device) -> tuple[MapRanks, Choice]:
    """Choose the share of foreground from the training photos, without masks.

    The choice depends only on the maps and is stored beside them, so other sharpening settings
    reuse it.
    """
    train = context.dataset.split("train")
    tagged = [photo for photo in train if photo.tags]
    tagged = tagged[:: max(1, len(tagged) // CHOICE_PHOTOS)]
    ranks = MapRanks(read_planes(context.run.map_file(photo.name))[0] for photo in tagged)
    photos = [*tagged, *thinned([photo for photo in train if not photo.tags], len(tagged))]

    def choose() -> BackgroundChoice:
        made = choose_share(_samples(context, photos, ranks, device))
        return BackgroundChoice(**vars(made), photos=len(photos))

    kept = stored_choice(context.run.root / "maps" / "background.json", BackgroundChoice, choose,
                         fits=lambda kept: kept.photos == len(photos))
    choice = Choice(kept.share, kept.shares, kept.learnable, kept.found)
    if not choice.found:
        context.progress.warn(
            "The photos are too few or too similar to choose the share of foreground; "
            f"{choice.share:.0%} is taken. Set label.threshold to a number of your own."
        )
    return ranks, choice


def _samples(
    context: Context, photos: list[Photo], ranks: MapRanks, device: torch.device
) -> Iterator[Sample]:
    """Yield the second-to-last feature and the map ranks of each photo on a coarse grid."""
    for photo, features in looks(context, photos, device, coarse_feature):
        height, width, channels = features.shape
        planes = np.zeros((0, height, width), np.float32)
        if photo.tags:
            planes = upscale(ranks(read_planes(context.run.map_file(photo.name))[0]),
                             (height, width))
        yield Sample(features.reshape(-1, channels), planes.reshape(-1, height * width))
