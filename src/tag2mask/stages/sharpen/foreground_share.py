"""Choose the share of foreground without masks, from maps and features."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.processes import interleaved
from tag2mask.core.progress import Bar
from tag2mask.data.batches import sized_batches, thinned
from tag2mask.data.dataset import Photo
from tag2mask.models.backbones.reading import for_reading
from tag2mask.pseudo_masks import Choice, MapRanks, Sample, choose_share, upscale
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import BackgroundChoice
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.strategies.loading import load_classifier, load_untrained_backbone

CHOICE_PHOTOS = 500
"""Number of photos for choosing the threshold; more do not change it."""

_CHOICE_SIDE, _CHOICE_CELL = 320, 10
"""Long side of these photos, and side of the cells that are compared, in pixels."""


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


def coarse_feature(strides: Sequence[int]) -> int:
    """Return the index of the feature that shows whole objects, the second-to-last."""
    return len(strides) - 2


@torch.inference_mode()
def looks(
    context: Context, photos: Sequence[Photo], device: torch.device,
    which: Callable[[Sequence[int]], int], *, name: str = "threshold",
) -> Iterator[tuple[Photo, np.ndarray]]:
    """Compute features of photos by the backbone as it was before training on the tags.

    Args:
        context: the run.
        photos: photos in any order; photos of the same size are grouped.
        device: the device to compute on.
        which: selects the index of the feature, given the strides of all.
        name: name of the progress bar.

    Yields:
        each photo, and the feature of its cells, (a, b, C) float32.
    """
    classifier = load_classifier(context.run.root, device=device)
    untrained = load_untrained_backbone(classifier.spec)
    backbone = classifier.backbone if untrained is None else untrained.to(device)
    backbone = for_reading(backbone, pixels=len(photos) * _CHOICE_SIDE**2)
    index = which(backbone.strides)

    def own_features(bar: Bar) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for batch in sized_batches(
            photos, long_side=_CHOICE_SIDE, batch_size=16, workers=context.workers, shared=True
        ):
            images = batch.to_images(backbone, device)
            height, width = images.shape[-2:]
            cells = -(-height // _CHOICE_CELL), -(-width // _CHOICE_CELL)
            pooled = F.adaptive_avg_pool2d(backbone(images)[index].float(), cells)
            yield pooled.permute(0, 2, 3, 1).cpu().numpy(), batch.indices
            bar.advance(len(batch.indices))

    with context.progress.stage(name, total=len(photos), shared=True) as bar:
        for features, indices in interleaved(own_features(bar)):
            for row, place in zip(features, indices, strict=True):
                yield photos[place], row
