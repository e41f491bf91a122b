"""Erase the discriminative regions found by a round of the classifier's training."""

from __future__ import annotations

import numpy as np

from tag2mask.core.device import make_accelerator
from tag2mask.core.processes import interleaved, missing, own
from tag2mask.data.batches import sized_batches
from tag2mask.data.dataset import Photo
from tag2mask.data.masks import save_mask
from tag2mask.models.classifiers.map_reading import read_maps
from tag2mask.pseudo_masks import upscale
from tag2mask.run_folder.context import Context
from tag2mask.strategies.loading import load_classifier
from tag2mask.strategies.rounds import Rounds
from tag2mask.training.erased_photos import photos_of


def erase_found(
    context: Context, rounds: Rounds, number: int, continued: np.ndarray, colour: np.ndarray
) -> float:
    """Write the erased regions of every tagged photo for the round after `number`.

    Args:
        context: the run, with the weights of the round.
        rounds: rounds of the strategy.
        number: number of the finished round.
        continued: (K,) bool, the classes that continue to be erased.
        colour: (3,), fill colour of the regions erased so far.

    Returns:
        the mean erased fraction of a photo.
    """
    run, photos = context.run, [photo for photo in context.dataset.photos if photo.tags]
    todo = missing(photos, lambda photo: run.erased_file(number + 1, photo.name))
    accelerator = make_accelerator(context.device)
    classifier = load_classifier(run.root, device=accelerator.device, number=number)
    before = photos_of(context, rounds, number, colour)
    with context.progress.stage(f"erase {number}", total=len(photos),
                                done=len(photos) - len(todo), shared=True) as bar:
        for batch in sized_batches(
            todo, long_side=classifier.spec.long_side, batch_size=8, workers=context.workers,
            shared=True,
        ):
            several = [todo[index] for index in batch.indices]
            seen = before.paint_all(batch, several) if before else batch
            with accelerator.autocast():
                maps = read_maps(classifier, several, seen, accelerator.device)
            for photo, pixels, planes in zip(several, batch.photos, maps, strict=True):
                size = (pixels.shape[0], pixels.shape[1])
                erased = before.region(photo.path, size) if before else np.zeros(size, bool)
                found = _continued_only(upscale(planes, size), photo, continued)
                save_mask(run.erased_file(number + 1, photo.name),
                          rounds.erase(found, erased).astype(np.uint8), num_labels=2)
            bar.advance(len(several))
    after = photos_of(context, rounds, number + 1, colour)
    assert after is not None, "only the first round sees photos as they are"
    shares = (after.region(photo.path).mean() for photo in own(photos))
    return float(np.mean(list(interleaved(shares))))


def _continued_only(planes: np.ndarray, photo: Photo, continued: np.ndarray) -> np.ndarray:
    own: np.ndarray = planes[: len(photo.tags)][continued[list(photo.tags)]]
    return own
