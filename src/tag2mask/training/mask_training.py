"""Training of a segmentation network on pseudo masks: batches, loss and score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator
from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.core.device import make_accelerator, moved
from tag2mask.core.processes import exchange
from tag2mask.core.processes.batch_share import BatchShare, weighted
from tag2mask.core.processes.late_files import await_file
from tag2mask.data.batches import thinned
from tag2mask.data.damage import reading
from tag2mask.data.dataset import Photo
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.models.classifiers import Classifier
from tag2mask.models.segmenters import Segmenter
from tag2mask.models.segmenters.tag_gate import tag_loss
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.tables import read_table
from tag2mask.training.checkpoint import Progress
from tag2mask.training.loop import Training
from tag2mask.training.mask_losses import LOSSES, SeenCrops
from tag2mask.training.masked_crops import MaskBatch, MaskedCrops
from tag2mask.training.missed_classes import Margins
from tag2mask.training.networks import Seen
from tag2mask.training.parts import part_sentence
from tag2mask.training.pixel_weights import PixelWeights

FEW_JUDGES = 8
"""Minimum number of held-out photos with true masks for validating on these alone."""

_COUNTED, _THIN = 300, 3
"""Number of training photos, and of pixels per direction of which one is counted, in `missed`."""

JUDGES = 100
"""Number of validation photos per epoch; more cost time and hardly change the score."""


class MaskTraining:
    """Batches, loss and score for the training loop."""

    def __init__(
        self, context: Context, network: Segmenter, photos: tuple[Photo, ...],
        device: torch.device, *, size: int, batch_size: int, loss: str,
        mask_path: Callable[[Photo], Path] | None = None, at_once: int = 0,
        missed_are_absent: bool = False,
    ) -> None:
        """Prepare the reading of photos and masks.

        Args:
            context: the run.
            network: network to train, on `device`.
            photos: training photos with pseudo masks.
            device: device to train on.
            size: side of the crops, in pixels; whole photos are read at 1.25 times that.
            batch_size: crops per step.
            loss: one of `LOSSES`.
            mask_path: returns the file of a photo's mask; by default the run's pseudo mask.
            at_once: crops that a process computes at once; 0 for all of its share of a batch.
            missed_are_absent: whether the gate learns that a tag of the photo that its whole mask
                lacks is absent. Gates that are taken out afterwards should: they explain the miss,
                and the pixels need not.
        """
        self._missed_are_absent = missed_are_absent
        self._score, self._size, self._overlaps = LOSSES.get(loss), size, loss == "lovasz"
        self._batch_size, self._at_once = batch_size, at_once
        self._context, self._network = context, network
        self._photos, self._device = photos, device
        weights = PixelWeights(context, photos)
        self._crops = MaskedCrops(
            context, photos, network.encoder, mask_path or self._mask_path, size=size,
            batch_size=batch_size, name="segment",
            weights=weights if weights.any and mask_path is None else None,
        )
        self.sampler, self.batches = self._crops.sampler, self._crops.batches
        self._num_labels = len(context.dataset.classes) + 1
        self._hidden_tags: dict[int, Tensor] = {}

    def loss(self, batch: MaskBatch) -> Tensor:
        """Compute the loss of all decided pixels, and of the tags of the crops.

        Of several processes, each returns the weighted loss of its share of the batch, or of a part
        of it.
        """
        share = batch.share or BatchShare.of(len(batch.images))
        with share.used():
            return weighted(self._loss(batch), share)

    def _loss(self, batch: MaskBatch) -> Tensor:
        images = moved(batch.images, self._device, channels_last=True)
        whole = batch.whole
        seen = SeenCrops(
            masks=moved(batch.masks, self._device), images=images, encoder=self._network.encoder,
            side=round(1.25 * self._size),
            confidence=lambda: moved(self._confidences[batch.indices], self._device),
            weights=self._moved(batch.weights),
            share_masks=self._moved(whole.masks if whole else None),
            share_weights=self._moved(whole.weights if whole else None),
        )
        graded, tags = self._network.graded_logits(images)
        losses = [weight * self._score(logits, seen) for logits, weight in graded]
        if tags is not None:
            unsure = torch.stack([self._not_shown(int(index)) for index in batch.indices])
            losses.append(tag_loss(tags, seen.masks, moved(unsure, self._device)))
        return torch.stack(losses).sum()

    def _moved(self, values: Tensor | None) -> Tensor | None:
        return None if values is None else moved(values, self._device)

    @property
    def judges(self) -> Sequence[Photo]:
        """Photos to validate an epoch on: held-out photos, if there are any.

        If enough of these have complete true masks, only those are used, since pseudo masks share
        errors with the training targets.
        """
        held_out = self._context.dataset.split("val")
        given = [p for p in held_out if p.annotation and p.annotation.nearly_complete]
        return thinned(given if len(given) >= FEW_JUDGES else held_out or self._photos, JUDGES)

    def fit(
        self, accelerator: Accelerator, optimizer: torch.optim.Optimizer, *, epochs: int,
        checkpoint: Path, keep_best: Callable[[], None], name: str,
    ) -> Progress:
        """Train, and keep the epoch that agrees best with the masks of the validation photos.

        Args:
            accelerator: accelerator to train with.
            optimizer: optimizer over the trainable parameters.
            epochs: number of epochs.
            checkpoint: file to resume from; the caller deletes it when the stage is complete.
            keep_best: saves the current weights of the network.
            name: name of the training, for the progress bar.

        Returns:
            the curve and the best agreement.
        """
        steps = self.sampler.steps
        training = Training(
            model=self._network, optimizer=optimizer, batches=self.batches, step=self.loss,
            epochs=epochs, steps_per_epoch=steps, checkpoint=checkpoint,
            validate=lambda: self.agreement(self.judges), keep_best=keep_best,
            parts=lambda batch: batch.parts(self._at_once),
        )
        said = part_sentence(
            self._network, self._at_once, batch_size=self._batch_size, overlaps=self._overlaps)
        if said:
            self._context.progress.say(f"{name}: {said}")
        with self._context.progress.stage(name, total=epochs * steps, unit="steps") as bar:
            return training.fit(accelerator, bar, "agreement")

    @torch.inference_mode()
    def seen(self, classifier: Classifier) -> Iterator[Seen]:
        """Yield features and maps of some training photos, and their masks at the same size."""
        photos = thinned(self._photos, JUDGES)
        for batch in self._crops.whole(photos):
            images = batch.to_images(self._network.encoder, self._device)
            features = classifier.features(images)
            feature, maps = features[-1].float().cpu(), classifier.maps_of(features, images).cpu()
            size = (maps.shape[2], maps.shape[3])
            cells = np.stack([self._crops.mask(photos[index], size) for index in batch.indices])
            yield Seen(feature.clone(), maps.clone(), torch.from_numpy(cells))

    @torch.inference_mode()
    def agreement(self, photos: Sequence[Photo]) -> float:
        """Return the mIoU of the network against the masks, over their decided pixels."""
        confusion = ConfusionMatrix(self._num_labels)
        for logits, mask in self._predicted(photos):
            confusion.add(mask, logits.argmax(0).to(torch.uint8).cpu().numpy())
        whole = ConfusionMatrix(self._num_labels)
        for part in exchange(confusion):
            whole.merge(part)
        return whole.miou()

    @torch.inference_mode()
    def missed(self) -> npt.NDArray[np.float32]:
        """Return what to add to each logit, (K + 1,), so that no class is missed; see `Margins`."""
        margins = Margins(self._num_labels)
        for logits, mask in self._predicted(thinned(self._photos, _COUNTED)):
            few = logits[:, ::_THIN, ::_THIN].float().cpu().numpy()
            margins.add(few, mask[::_THIN, ::_THIN])
        whole = Margins(self._num_labels)
        for part in exchange(margins):
            whole.merge(part)
        return whole.raises()

    def _predicted(self, photos: Sequence[Photo]) -> Iterator[tuple[Tensor, np.ndarray]]:
        """Yield the logits (K + 1, h, w) and the mask (h, w) of this process's part of photos."""
        autocast = make_accelerator(self._context.device).autocast
        for batch in self._crops.whole(photos, shared=True):
            with autocast():
                logits = self._network(batch.to_images(self._network.encoder, self._device))
            for index, own in zip(batch.indices, logits, strict=True):
                yield own, self._crops.mask(photos[index], (own.shape[1], own.shape[2]))

    def _not_shown(self, index: int) -> Tensor:
        """Return 1 for the tags of a photo that its mask does not show, else 0: (K,).

        The mask misses the object or leaves it undecided, so crops say nothing about such a tag.
        """
        if self._missed_are_absent:
            return torch.zeros(self._num_labels - 1)
        if index not in self._hidden_tags:
            hidden = torch.zeros(self._num_labels)
            hidden[[tag + 1 for tag in self._photos[index].tags]] = 1
            hidden[self._crops.labels(self._photos[index])] = 0
            self._hidden_tags[index] = hidden[1:]
        return self._hidden_tags[index]

    @cached_property
    def _confidences(self) -> Tensor:
        """The classifier's probabilities of all tags of the photos, (N, K)."""
        path = self._context.run.classifier / "tags.csv"
        classes = self._context.dataset.classes
        await_file(path)
        with reading(path, f"run `tag2mask classify {self._context.run.root}`"):
            rows = {row["image"]: row for row in read_table(path)}
            confidences = torch.tensor(
                [[float(rows[photo.name][name]) for name in classes] for photo in self._photos])
            if not confidences.isfinite().all():
                raise ValueError("probabilities that are not finite")
        return confidences

    def _mask_path(self, photo: Photo) -> Path:
        path = self._context.run.mask_file(photo.name)
        await_file(path)
        if not path.exists():
            raise InputError(f"{path} is missing; run `tag2mask label {self._context.run.root}`.")
        return path
