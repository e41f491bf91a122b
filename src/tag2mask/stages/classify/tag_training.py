"""Train a classifier on tags: batches, loss and score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tag2mask.core.contracts import IGNORE
from tag2mask.core.device import make_accelerator
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
        """
        self._context, self._device = context, device
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
        """Return the loss on the tags plus the losses of the strategy."""
        images = crops.images.to(self._device, memory_format=torch.channels_last)
        step = Step(
            classifier=self._classifier, images=images, tags=crops.tags.to(self._device),
            features=self._classifier.features(images),
        )
        loss = self._strategy.loss(step)
        if crops.labels is None:
            return loss
        labels = crops.labels.to(self._device)
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
            workers=self._context.workers, read=self._cache,
        ):
            images = batch.to_images(reader.backbone, self._device)
            with autocast():
                rows[batch.indices] = reader(images).sigmoid().cpu().numpy()
            if bar:
                bar.advance(len(batch.indices))
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
        pairs = [
            self._crop(self._cache(self._photos[i].path), rng, self._labels_of(int(i)))
            for i in indices
        ]
        backbone = self._classifier.backbone
        crops, labels = [crop for crop, _ in pairs], [own for _, own in pairs]
        images = to_images(crops, backbone.pixel_mean, backbone.pixel_std)
        drawn = Crops(
            images=images, tags=self._tags[indices], fill=fill, labels=_stacked(labels, self._size)
        )
        return self._strategy.prepare_batch(drawn, rng)

    def _labels_of(self, index: int) -> np.ndarray | None:
        """Return the certain labels of a photo; None if they are not used or erased."""
        return self._certain(index) if self._weight and not self._erased else None


def _stacked(labels: Sequence[np.ndarray | None], size: int) -> Tensor | None:
    """Stack the labels of crops, (B, size, size) int64; None where no photo has any."""
    if all(own is None for own in labels):
        return None
    nothing = np.full((size, size), IGNORE, np.uint8)
    return torch.from_numpy(np.stack([nothing if o is None else o for o in labels])).long()
