"""Train a classifier on tags: batches, loss and score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tag2mask.core.contracts import IGNORE
from tag2mask.core.device import make_accelerator, moved
from tag2mask.core.processes import count
from tag2mask.core.processes.batch_share import BatchShare, weighted
from tag2mask.core.processes.collectives import sum_all
from tag2mask.core.progress import Bar
from tag2mask.data.batches import sized_batches, thinned
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import PhotoCache, read_ahead
from tag2mask.data.photos import load_photo
from tag2mask.data.reading_rules import depth_of
from tag2mask.data.sampling import EpochSampler
from tag2mask.data.transforms import RandomCrop, generator, to_images
from tag2mask.models.classifiers import Classifier
from tag2mask.models.classifiers.map_reading import faster_reader
from tag2mask.run_folder.context import Context
from tag2mask.stages.classify.certain_labels import CertainLabels
from tag2mask.stages.classify.pointwise_loss import pointwise_loss
from tag2mask.strategies.strategy import Crops, Step, TrainingStrategy
from tag2mask.training.erased_photos import ErasedPhotos

COLOURED = 100
"""Number of photos for the mean colour; more photos change it by less than one grey level."""


class TagTraining:
    """Batches, loss and validation score of the training."""

    def __init__(
        self, context: Context, classifier: Classifier, photos: tuple[Photo, ...],
        device: torch.device, *, strategy: TrainingStrategy, size: int, batch_size: int,
        first_epoch: int = 0, erased: ErasedPhotos | None = None, annotation_weight: float = 0.0,
        at_once: int = 0,
    ) -> None:
        """Prepare the reading of photos.

        Args:
            context: the run.
            classifier: the network to train, on `device`.
            photos: the training photos.
            device: the device to train on.
            strategy: defines batches and losses.
            size: side of the crops, in pixels; whole photos are read at 1.25 times that.
            batch_size: crops per step.
            first_epoch: number of epochs trained before, so that different crops are drawn.
            erased: reads photos with erased regions; None for unchanged photos.
            annotation_weight: weight of the loss at annotated pixels; 0 disables it.
            at_once: crops that a process computes at once; 0 for all of its share of a batch.
        """
        self._context, self._device = context, device
        self._at_once = at_once
        self._classifier, self._photos = classifier, photos
        self._size, self._batch_size, self._first = size, batch_size, first_epoch
        self._erased = erased
        self._strategy = strategy
        self._tags = torch.from_numpy(context.dataset.tag_matrix(photos))
        self.sampler = EpochSampler(
            photos=photos, batch_size=batch_size, key=(context.seed, "order")
        )
        self._depth = depth_of(context.dataset)
        self._cache = PhotoCache(
            max_side=2 * size, read=self._read if erased else None, depth=self._depth
        )
        self._crop = RandomCrop(size=size)
        self._weight = annotation_weight
        self._certain = CertainLabels(photos, len(context.dataset.classes) + 1)

    def batches(self, epoch: int) -> Iterator[Crops]:
        """Yield the training photos of an epoch, read and cropped in advance."""
        workers, epoch = self._context.workers, epoch + self._first
        return read_ahead(
            partial(self._batch, epoch, self._fill), self.sampler.batches(epoch),
            workers=workers, ahead=2 * workers,
        )

    def loss(self, crops: Crops) -> Tensor:
        """Return the loss on the tags plus the losses of the strategy.

        Of several processes, each returns the weighted loss of its share of the batch, or of a part
        of it.
        """
        share = crops.share or BatchShare.of(len(crops.images))
        with share.used():
            return weighted(self._loss(crops), share)

    def parts(self, crops: Crops) -> list[Crops]:
        """Divide crops into parts that are computed one after the other."""
        parts = (crops.share or BatchShare.of(len(crops.images))).parts(self._at_once)
        return [crops] if len(parts) == 1 else [
            replace(_rows(crops, part.rows_within), share=part) for part in parts]

    def _loss(self, crops: Crops) -> Tensor:
        images = moved(crops.images, self._device, channels_last=True)
        step = Step(
            classifier=self._classifier, images=images, tags=moved(crops.tags, self._device),
            features=self._classifier.features(images),
        )
        loss = self._strategy.loss(step)
        if crops.labels is None:
            return loss
        labels = moved(crops.labels, self._device)
        return loss + self._weight * pointwise_loss(step.evidence, labels, step.tags)

    @torch.inference_mode()
    def predict(self, photos: tuple[Photo, ...], bar: Bar | None = None) -> np.ndarray:
        """Return the probability of every tag in every photo, (N, K)."""
        autocast = make_accelerator(self._context.device).autocast
        rows = np.zeros((len(photos), self._tags.shape[1]), np.float32)
        self._classifier.eval()
        long_side = round(1.25 * self._size)
        reader = faster_reader(self._classifier, pixels=len(photos) * long_side**2)
        for batch in sized_batches(
            photos, long_side=long_side, batch_size=self._batch_size,
            workers=self._context.workers, read=self._cache, shared=True,
        ):
            images = batch.to_images(reader.backbone, self._device)
            with autocast():
                rows[batch.indices] = reader(images).sigmoid().cpu().numpy()
            if bar:
                bar.advance(len(batch.indices))
        sum_all(torch.from_numpy(rows))  # the rows of other processes are 0 here
        return rows

    @cached_property
    def colour(self) -> np.ndarray:
        """The training photos' mean colour, (3,) in 0..255."""
        if self._erased:
            return self._erased.colour
        photos = thinned(self._photos, COLOURED)
        colours = [self._cache(photo.path).mean((0, 1)) for photo in photos]
        colour: np.ndarray = np.stack(colours).mean(0, dtype=np.float32)
        return colour

    @cached_property
    def _fill(self) -> Tensor:
        """The mean colour, (3,), normalised."""
        backbone, pixel = self._classifier.backbone, self.colour.reshape(1, 1, 3)
        return to_images([pixel], backbone.pixel_mean, backbone.pixel_std).flatten()

    def _read(self, path: Path) -> np.ndarray:
        assert self._erased is not None, "only then photos are read by this"
        pixels = load_photo(path, max_side=2 * self._size, depth=self._depth)
        return self._erased.paint(path, pixels)

    def _batch(self, epoch: int, fill: Tensor, indices: np.ndarray) -> Crops:
        rng = generator(self._context.seed, "batch", epoch, *map(int, indices))
        share = BatchShare.of(len(indices))
        read = range(len(indices)) if self._strategy.changes_batch \
            else range(len(indices))[share.rows]
        pairs = [self._cropped(int(i), rng, place in read) for place, i in enumerate(indices)]
        drawn = [pair for pair in pairs if pair is not None]
        backbone = self._classifier.backbone
        images = to_images([crop for crop, _ in drawn], backbone.pixel_mean, backbone.pixel_std)
        labelled = any(self._labels_of(int(i)) is not None for i in indices)
        crops = Crops(
            images=images, tags=self._tags[indices[read.start : read.stop]], fill=fill,
            labels=_stacked([own for _, own in drawn], self._size) if labelled else None,
            share=share,
        )
        made = self._strategy.prepare_batch(crops, rng)
        return made if len(made.images) < len(indices) else _rows_of(made, share)

    def _cropped(
        self, index: int, rng: np.random.Generator, read: bool
    ) -> tuple[np.ndarray, np.ndarray | None] | None:
        """Return a random crop of a photo and of its labels; None unless it is to be read."""
        path = self._photos[index].path
        if read:
            return self._crop(self._cache(path), rng, self._labels_of(index))
        self._crop.skip(self._cache.size(path), rng)
        return None

    def _labels_of(self, index: int) -> np.ndarray | None:
        """Return the certain labels of a photo; None if they are not used or erased."""
        return self._certain(index) if self._weight and not self._erased else None


def _rows_of(crops: Crops, share: BatchShare) -> Crops:
    """Return the crops of a share of a whole batch."""
    return crops if count() == 1 else _rows(crops, share.rows)


def _rows(crops: Crops, rows: slice) -> Crops:
    labels = None if crops.labels is None else crops.labels[rows]
    return replace(crops, images=crops.images[rows], tags=crops.tags[rows], labels=labels)


def _stacked(labels: Sequence[np.ndarray | None], size: int) -> Tensor:
    """Stack the labels of crops, (B, size, size) int64, 255 where a photo has none."""
    nothing = np.full((size, size), IGNORE, np.uint8)
    return torch.from_numpy(np.stack([nothing if o is None else o for o in labels])).long()
