"""Figures of the bound: the network trained on true masks, on the photos of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import starmap

import numpy as np

from tag2mask.core.device import device_name
from tag2mask.core.processes import interleaved, own
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.masks import load_mask
from tag2mask.data.photos import load_photo
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.pages import words
from tag2mask.prediction.predictor import Predictor, load_predictor
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import Figure
from tag2mask.stages.evaluate import score_figures
from tag2mask.stages.evaluate.annotated import scored_photos
from tag2mask.stages.evaluate.bound import masked_photos, train_bound
from tag2mask.stages.evaluate.earlier import Earlier


def bound_figures(
    context: Context, earlier: Earlier, splits: Sequence[str], *, include_annotated: bool
) -> list[Figure]:
    """Train the bound and score it on held-out photos.

    Args:
        context: the run.
        earlier: records of the earlier stages.
        splits: splits to score; training photos are left out, since the bound has seen their masks.
        include_annotated: as in `scored_photos`.

    Returns:
        one figure per split with masks; none if there is nothing to train or to score on.
    """
    scored = {
        split: scored_photos(context.dataset.split(split), include_annotated=include_annotated)
        for split in splits if split != "train"
    }
    if not any(scored.values()) or not masked_photos(context.dataset):
        context.progress.warn(
            "evaluate.bound needs true masks of training photos and of held-out photos; without "
            "both, no bound was trained."
        )
        return []
    bound = train_bound(context)
    predictor = load_predictor(bound.root, device=device_name(context.device))
    return [_figure(context, earlier, split, photos, predictor)
            for split, photos in scored.items() if photos]


def _figure(
    context: Context, earlier: Earlier, split: str, photos: Sequence[Photo], predictor: Predictor
) -> Figure:
    """Score the bound as the network is scored: each photo once, without its tags."""
    names = ("background", *context.dataset.classes)
    confusion = ConfusionMatrix(len(names))

    def read(photo: Photo) -> tuple[Photo, np.ndarray]:
        return photo, load_photo(photo.path, depth=photo.depth)

    def one(photo: Photo, pixels: np.ndarray) -> ConfusionMatrix:
        assert photo.mask is not None, "only these are scored"
        counted = ConfusionMatrix(len(names))
        truth = load_mask(photo.mask, size=None, num_labels=len(names))
        counted.add(truth, predictor.predict(pixels))
        bar.advance(1)
        return counted

    pairs = read_ahead(read, own(photos), workers=context.workers, ahead=context.workers)
    with context.progress.stage(f"bound {split}", total=len(photos), shared=True) as bar:
        for counted in interleaved(starmap(one, pairs)):
            confusion.merge(counted)
    about, protocol = earlier.segment, earlier.sharpened(split, len(photos))
    protocol = replace(
        protocol, tags="predicted", scales=(1.0,), flip=False, oracle=True, sharpening=(),
        crf=False, outside_help=(), method="",
        pretraining=about.encoder_pretraining or protocol.pretraining,
    )
    return Figure(what=words.BOUND, threshold=None, model=about.model, **vars(protocol),
                  **vars(score_figures.of_confusion(confusion.matrix, names)))
