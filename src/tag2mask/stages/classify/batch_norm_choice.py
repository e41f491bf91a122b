"""Decide, before the training, whether batch normalisation adapts to the photos."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from tag2mask.core.device import make_accelerator
from tag2mask.core.json_records import write_record
from tag2mask.data.batches import sized_batches, thinned
from tag2mask.data.dataset import Photo
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.backbones.statistics_shift import statistics_shift
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import BatchNormChoice

CHOSEN = "batch_norm.json"
"""File in `classifier/` with the choice and what it was made on."""

LEAST_SHIFT = 0.25
"""Shift of the statistics, in nats, from which they adapt: photos of everyday things have 0.04,
grey or blurred ones 0.05 to 0.07, drawn scenes 0.17, close-ups of a material 0.34."""

FEWEST, _PHOTOS = 50, 64
"""Training photos that an adaptation needs, and those that the shift is measured on."""


def adapts(context: Context, setting: str, backbone: BackboneModule, size: int) -> bool:
    """Return whether the statistics of the trained layers adapt; a choice is recorded.

    Args:
        context: the run.
        setting: "fixed", "adapt" or "auto".
        backbone: pretrained and frozen as in its training, on the device of the run.
        size: side of the training crops, in pixels.
    """
    if setting != "auto" or not backbone.fixed_statistics:
        return setting == "adapt"
    made = choose(
        context.dataset.split("train"), backbone, size=size, workers=context.workers,
        device=make_accelerator(context.device).device,
    )
    if made is None:
        return False
    write_record(context.run.classifier / CHOSEN, made)
    if made.adapt:
        context.progress.say(f"classify: {made.sentence}")
    return made.adapt


def choose(
    train: Sequence[Photo], backbone: BackboneModule, *, size: int, workers: int,
    device: torch.device,
) -> BatchNormChoice | None:
    """Choose by the shift of the statistics of some training photos.

    Args:
        train: all training photos.
        backbone: pretrained and frozen as in its training, on `device`.
        size: long side at which the photos are read, in pixels.
        workers: threads that read photos.
        device: the device to compute on.

    Returns:
        The choice; None with too few photos to adapt to.
    """
    if len(train) < FEWEST:
        return None
    seen = thinned(train, _PHOTOS)
    batches = sized_batches(seen, long_side=size, batch_size=8, workers=workers)
    shift = statistics_shift(backbone, (batch.to_images(backbone, device) for batch in batches))
    return BatchNormChoice(
        adapt=shift >= LEAST_SHIFT, shift=round(shift, 4), least=LEAST_SHIFT, photos=len(seen)
    )
