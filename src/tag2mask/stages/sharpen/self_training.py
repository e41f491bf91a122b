"""Scores of a network trained on the current scores: errors average out over photos.

The network of `segment` is trained on masks of the scores, and then predicts the same photos,
restricted to the tags of each. A region that is wrong in the map of one photo is right in the maps
of others, and a network cannot fit both.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from tag2mask.core.device import channels_last, make_accelerator
from tag2mask.core.processes import barrier, exists, interleaved, is_first, missing
from tag2mask.core.processes import own as share_of
from tag2mask.data.batches import sized_batches
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.masks import save_mask
from tag2mask.models.segmenters import Segmenter
from tag2mask.models.segmenters.tag_gate import ungated
from tag2mask.pseudo_masks import Cut, decide, to_scores, upscale
from tag2mask.pseudo_masks.levels import Levels
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes, write_planes
from tag2mask.run_folder.weights import read_weights, write_weights
from tag2mask.strategies.loading import load_classifier
from tag2mask.training.mask_training import MaskTraining
from tag2mask.training.networks import Start, make_optimizer, start_as_maps, start_network

_BATCH, _RATE, _DECAY, _BAND = 16, 3e-4, 0.01, 0.15
"""Batch size, learning rate, weight decay, undecided band: defaults of `segment` and `label`."""

_LOSS = "cross_entropy"
"""The loss; overlaps would make the network follow masks that are too large, see docs/loss.md."""

_LEAST = 0.3
"""Smallest area of each tag in the network's prediction, as a multiple of its area before."""


class SelfTraining:
    """Train a network on the scores in a run's `sharpener/scores`, and predict new scores."""

    def __init__(self, context: Context, *, size: int, epochs: int, at_once: int = 0) -> None:
        """Prepare the training.

        Args:
            context: the run.
            size: side of the training crops, in pixels; whole photos are read at 1.25 times that.
            epochs: number of passes over the tagged photos.
            at_once: crops that a process computes at once; 0 for all of its share of a batch.
        """
        self._context, self._at_once = context, at_once
        self._size, self._epochs, self._cut = size, epochs, Cut()
        self.long_side = round(1.25 * size)
        self._tagged = [photo for photo in context.dataset.photos if photo.tags]

    def score_file(self, name: str) -> Path:
        """Return the file of the scores of the photo `name` to train on."""
        return self._context.run.sharpener / "scores" / f"{name}.npz"

    def predicted_file(self, name: str) -> Path:
        """Return the file of the network's scores of the photo `name`."""
        return self._context.run.sharpener / "predicted" / f"{name}.npz"

    def train_and_predict(self, share: float) -> None:
        """Write masks, train on them, and write the network's scores; resume if interrupted.

        Args:
            share: share of foreground of the masks.
        """
        context, weights = self._context, self._context.run.self_trained
        self._cut = self._find_cut(share)
        accelerator = make_accelerator(context.device)
        classifier = load_classifier(context.run.root)
        torch.manual_seed(context.seed + 3)
        start = start_network(
            classifier, model="unet", backbone="", weights="none",
            long_side=self.long_side,
        )
        network = channels_last(start.network, accelerator.device)
        network.encoder.freeze(start.early_blocks if start.trained else 0)
        train = context.dataset.split("train")
        job = MaskTraining(
            context, network, train, accelerator.device, size=self._size, batch_size=_BATCH,
            mask_path=self._mask_file, loss=_LOSS, at_once=self._at_once, missed_are_absent=True,
        )
        if not exists(weights):
            self._write_masks()
            start_as_maps(start, channels_last(classifier, accelerator.device), job.seen)
            self._train(job, start, weights)
        network.load_state_dict(read_weights(weights))
        self._predict(network.eval(), accelerator.device)

    def _train(self, job: MaskTraining, start: Start, weights: Path) -> None:
        """Train, and keep the epoch with the best agreement with the masks of held-out photos."""
        checkpoint = self._context.run.sharpener / "checkpoint.safetensors"
        best = self._context.run.sharpener / "best.safetensors"
        job.fit(
            make_accelerator(self._context.device), make_optimizer(start, _RATE, _DECAY),
            epochs=self._epochs, checkpoint=checkpoint, name="self-training",
            keep_best=lambda: write_weights(best, start.network.state_dict(), {}),
        )
        if is_first():
            best.rename(weights)  # a file with its final name is fully trained
            checkpoint.unlink(missing_ok=True)
        barrier()

    def _find_cut(self, share: float) -> Cut:
        """Return the thresholds of the masks; all processes find them together."""
        levels = Levels(self._context.dataset.split("train"), self.score_file)
        return levels.cut(levels.above(share), _BAND)

    def _write_masks(self) -> None:
        """Write a mask of every photo; uncertain pixels stay undecided."""
        context, cut = self._context, self._cut
        todo = missing(context.dataset.photos, self._mask_file)

        def make(photo: Photo) -> tuple[Photo, np.ndarray]:
            if not photo.tags:
                return photo, np.zeros((self._size, self._size), np.uint8)
            scores, classes = read_planes(self.score_file(photo.name))
            return photo, decide(scores, classes.tolist(), cut)

        labels = len(context.dataset.classes) + 1
        for photo, mask in read_ahead(make, share_of(todo), workers=context.workers, ahead=8):
            save_mask(self._mask_file(photo), mask, num_labels=labels)
        barrier()

    def _mask_file(self, photo: Photo) -> Path:
        return self._context.run.sharpener / "masks" / f"{photo.name}.png"

    @torch.inference_mode()
    def _predict(self, network: Segmenter, device: torch.device) -> None:
        """Write the probabilities of each photo's own labels, averaged with the mirrored photo."""
        todo = missing(self._tagged, lambda photo: self.predicted_file(photo.name))
        with self._context.progress.stage(
            "predict", total=len(self._tagged), done=len(self._tagged) - len(todo), shared=True
        ) as bar:
            for batch in sized_batches(
                todo, long_side=self.long_side, batch_size=8,
                workers=self._context.workers, shared=True,
            ):
                images = batch.to_images(network.encoder, device)
                logits = (_among(network, images) + _among(network, images.flip(3)).flip(3)) / 2
                for index, own in zip(batch.indices, logits, strict=True):
                    photo = todo[index]
                    rows = [0, *(tag + 1 for tag in photo.tags)]
                    scores = to_scores(own[rows].softmax(0).float().cpu().numpy())
                    write_planes(self.predicted_file(photo.name), scores, np.array(photo.tags))
                bar.advance(len(batch.indices))

    def scores(self, name: str, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the network's scores of a photo, or those before where it misses a tag.

        Returns:
            (1 + k, *size) and the classes (k,).
        """
        found, classes = read_planes(self.predicted_file(name))
        if self._misses(name, found):
            found = self._before(name, size)
        return upscale(found, size), classes

    def keep_first(self) -> None:
        """Write the scores that were trained on as those of the run, where they are missing."""
        run = self._context.run
        for photo in share_of(missing(self._tagged, lambda photo: run.sharp_file(photo.name))):
            write_planes(run.sharp_file(photo.name), *read_planes(self.score_file(photo.name)))

    def missed(self) -> float:
        """Return the share of the tagged training photos in which the network misses a tag."""
        lost = [*interleaved(
            self._misses(photo.name, read_planes(self.predicted_file(photo.name))[0])
            for photo in share_of([p for p in self._context.dataset.split("train") if p.tags])
        )]
        return float(np.mean(lost)) if lost else 0.0

    def _misses(self, name: str, found: np.ndarray) -> bool:
        """Return whether a tag has a much smaller area in the prediction than in the scores."""
        before = self._before(name, (found.shape[1], found.shape[2]))
        now, then = (np.bincount(planes.argmax(0).ravel(), minlength=len(planes))[1:]
                     for planes in (found, before))
        return bool((now < _LEAST * then).any())

    def _before(self, name: str, size: tuple[int, int]) -> np.ndarray:
        """Return the scores of the photo `name` at the threshold of the masks: (1 + k, *size)."""
        planes = upscale(read_planes(self.score_file(name))[0], size)
        planes[0] *= self._cut.level
        return planes


def _among(network: Segmenter, images: torch.Tensor) -> torch.Tensor:
    """Return the logits of photos whose tags are known, so that no gate has to guess them."""
    return ungated(*network.with_tags(images))
