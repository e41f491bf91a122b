"""Refinement by learned affinities: seeds, the training on them, and the random walk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tag2mask.core.device import make_accelerator, moved, one_thread_each
from tag2mask.core.processes import barrier, exists, interleaved, is_first, missing, own
from tag2mask.core.processes.batch_share import BatchShare, weighted
from tag2mask.core.processes.late_files import await_files
from tag2mask.data.batches import SizedBatch, load_fitted, sized_batches, thinned
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.masks import save_mask
from tag2mask.models.backbones.reading import for_reading
from tag2mask.pseudo_masks import MapRanks, upscale
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes, write_planes
from tag2mask.run_folder.weights import read_weights, write_weights
from tag2mask.sharpening.affinity import Affinity
from tag2mask.sharpening.seeds import confident_labels
from tag2mask.strategies.loading import load_classifier
from tag2mask.training.loop import Training
from tag2mask.training.masked_crops import MaskBatch, MaskedCrops, centres_of

_LOOKS, _MOST_EPOCHS = 2400, 24
"""Number of training samples, with repetitions if there are fewer photos; and the largest number of
epochs."""
_BATCH, _JUDGES = 8, 48


class Refiner:
    """Learns affinities from a run's maps, and propagates the maps by random walk."""

    def __init__(
        self, context: Context, affinity: Affinity, ranks: MapRanks, share: float,
        device: torch.device,
    ) -> None:
        """Load the frozen backbone, and initialise the network.

        Args:
            context: the run.
            affinity: the kind of affinity and its settings.
            ranks: ranks of the map values.
            share: share of foreground, chosen on the unrefined maps.
            device: the device to compute on.
        """
        classifier = load_classifier(context.run.root, device=device)
        self._side = classifier.spec.long_side
        pixels = (_LOOKS + len(context.dataset.photos)) * self._side**2
        self._backbone = for_reading(classifier.backbone, pixels=pixels)
        self._backbone.requires_grad_(False)
        strides = self._backbone.strides
        fine = [index for index, stride in enumerate(strides) if stride >= affinity.finest]
        self._first = fine[0] if fine else len(strides) - 1
        torch.manual_seed(context.seed + 2)
        self._network = affinity.build(self._backbone.channels[self._first :])
        self._network.to(device)
        self._context, self._affinity, self._device = context, affinity, device
        self._ranks, self._share = ranks, share

    def refine(self) -> None:
        """Train if necessary, and write missing `refined/<photo>.npz`."""
        weights = self._context.run.sharpener / "weights.safetensors"
        if not exists(weights):
            self._train(weights)
        self._network.load_state_dict(read_weights(weights))
        self._network.eval()
        self._walk_all()

    def _train(self, weights: Path) -> None:
        """Train on the seeds of all tagged training photos."""
        context = self._context
        photos = [photo for photo in context.dataset.split("train") if photo.tags]
        judges = [photo for photo in context.dataset.split("val") if photo.tags] or photos
        judges = list(thinned(judges, _JUDGES))
        self._write_seeds(list({photo.name: photo for photo in (*photos, *judges)}.values()))
        crops = MaskedCrops(
            context, photos, self._backbone, self._seed_file, size=round(self._side / 1.25),
            batch_size=_BATCH, name="affinity",
        )
        epochs = min(max(3, round(_LOOKS / len(photos))), _MOST_EPOCHS)
        steps = crops.sampler.steps
        checkpoint = context.run.sharpener / "checkpoint.safetensors"
        best = context.run.sharpener / "best.safetensors"
        training = Training(
            model=self._network,
            optimizer=torch.optim.SGD(
                self._network.parameters(), lr=self._affinity.rate, momentum=0.9,
                weight_decay=1e-4,
            ),
            batches=crops.batches, step=self._loss, epochs=epochs, steps_per_epoch=steps,
            checkpoint=checkpoint, validate=lambda: self._fit_to(crops, judges),
            keep_best=lambda: write_weights(best, self._network.state_dict(), {}),
        )
        with context.progress.stage("affinity", total=epochs * steps, unit="steps") as bar:
            training.fit(make_accelerator(context.device), bar, "fit")
        if is_first():
            best.rename(weights)  # a file with its final name is fully trained
            checkpoint.unlink(missing_ok=True)
        barrier()

    def _write_seeds(self, photos: list[Photo]) -> None:
        """Write `sharpener/seeds/<photo>.png`, the confident labels of the maps."""
        todo = missing(photos, self._seed_file)
        num_labels = len(self._context.dataset.classes) + 1
        with (
            self._context.progress.stage(
                "seeds", total=len(photos), done=len(photos) - len(todo), shared=True
            ) as bar,
            one_thread_each() as workers,
        ):
            for photo, labels in read_ahead(
                self._seeds, own(todo), workers=workers, ahead=2 * workers
            ):
                save_mask(self._seed_file(photo), labels, num_labels=num_labels)
                bar.advance(1)

    def _seeds(self, photo: Photo) -> tuple[Photo, np.ndarray]:
        pixels = load_fitted(photo, self._side)
        maps, classes = read_planes(self._context.run.map_file(photo.name))
        ranks = upscale(self._ranks(maps), (pixels.shape[0], pixels.shape[1]))
        return photo, confident_labels(pixels, ranks, classes.tolist(), share=self._share)

    def _seed_file(self, photo: Photo) -> Path:
        return self._context.run.sharpener / "seeds" / f"{photo.name}.png"

    def _features(self, images: Tensor) -> list[Tensor]:
        with torch.no_grad():
            return [feature.float() for feature in self._backbone(images)[self._first :]]

    def _loss(self, batch: MaskBatch) -> Tensor:
        share = batch.share or BatchShare.of(len(batch.images))
        with share.used():
            return weighted(self._loss_of(batch), share)

    def _loss_of(self, batch: MaskBatch) -> Tensor:
        features = self._features(moved(batch.images, self._device, channels_last=True))
        size = features[0].shape[2], features[0].shape[3]
        labels = centres_of(moved(batch.masks, self._device), size)
        return self._affinity.loss(self._network, features, labels)

    @torch.inference_mode()
    def _fit_to(self, crops: MaskedCrops, photos: list[Photo]) -> float:
        """Return the negative loss on the seeds of held-out photos."""
        own_losses = (
            self._fit_to_batch(crops, photos, batch) for batch in crops.whole(photos, shared=True))
        return float(np.mean(list(interleaved(own_losses))))

    def _fit_to_batch(self, crops: MaskedCrops, photos: list[Photo], batch: SizedBatch) -> float:
        features = self._features(batch.to_images(self._backbone, self._device))
        size = features[0].shape[2], features[0].shape[3]
        labels = np.stack([crops.mask(photos[index], size) for index in batch.indices])
        seeds = moved(torch.from_numpy(labels).long(), self._device)
        return -float(self._affinity.loss(self._network, features, seeds))

    def _walk_all(self) -> None:
        """Write the refined maps of all tagged photos."""
        run = self._context.run
        tagged = [photo for photo in self._context.dataset.photos if photo.tags]
        todo = missing(tagged, lambda photo: run.refined_file(photo.name))
        with self._context.progress.stage(
            "walk", total=len(tagged), done=len(tagged) - len(todo), shared=True
        ) as bar:
            for batch in sized_batches(
                todo, long_side=self._side, batch_size=8, workers=self._context.workers,
                shared=True,
            ):
                features = self._features(batch.to_images(self._backbone, self._device))
                self._walk([todo[index] for index in batch.indices], features)
                bar.advance(len(batch.indices))
        await_files(run.refined_file(photo.name) for photo in tagged)

    def _walk(self, photos: list[Photo], features: list[Tensor]) -> None:
        run, size = self._context.run, (features[0].shape[2], features[0].shape[3])
        read = [read_planes(run.map_file(photo.name)) for photo in photos]
        maps = [upscale(planes, size) for planes, _ in read]
        walked = self._affinity.walk(
            self._network, features, maps, at_once=self._device.type != "cpu")
        for photo, planes, (_, classes) in zip(photos, walked, read, strict=True):
            write_planes(run.refined_file(photo.name), planes, classes)
