"""Train a classifier in one or several rounds; most strategies have one."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from tag2mask.core.processes import is_first
from tag2mask.data.dataset import Photo
from tag2mask.metrics.tag_metrics import mean_precision
from tag2mask.models.classifiers import Classifier
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import RoundFigures
from tag2mask.run_folder.tables import write_table
from tag2mask.run_folder.weights import read_weights
from tag2mask.stages.classify.longer_training import EPOCHS, longer_epochs
from tag2mask.stages.classify.tag_training import TagTraining
from tag2mask.strategies import create_strategy
from tag2mask.strategies.loading import save_classifier
from tag2mask.training.checkpoint import Progress
from tag2mask.training.erased_photos import ErasedPhotos
from tag2mask.training.loop import Training
from tag2mask.training.parts import part_sentence
from tag2mask.training.tag_rounds import TagRounds


class TagFitting:
    """Trains a classifier, and keeps the last of the epochs with the best average precision.

    Where tags are easy, most epochs are at 1, and the maps of the last are far better than
    those of the first.

    The checkpoints of all rounds are kept until the last is done: they show which rounds of an
    interrupted training are complete, and the current round resumes from its own checkpoint.
    """

    def __init__(
        self, context: Context, classifier: Classifier, accelerator: Accelerator, *,
        make_optimizer: Callable[[], torch.optim.Optimizer], size: int, epochs: int | None,
        batch_size: int, annotation_weight: float = 0.0, at_once: int = 0,
    ) -> None:
        """Prepare the first round.

        Args:
            context: the run.
            classifier: on the accelerator's device.
            accelerator: the accelerator used for training.
            make_optimizer: creates the optimiser of each round.
            size: side of the training crops, in pixels.
            epochs: number of epochs of a plain training; None for the usual number, or a longer
                first round if the tags are not learned by that.
            batch_size: crops per step.
            annotation_weight: weight of the loss at annotated pixels; 0 disables it.
            at_once: crops that a process computes at once; 0 for all of its share of a batch.
        """
        self._context, self._classifier, self._accelerator = context, classifier, accelerator
        self._make_optimizer = make_optimizer
        self._epochs = EPOCHS if epochs is None else epochs
        self._longer = epochs is None
        self._size, self._batch_size = size, batch_size
        self._annotation_weight, self._at_once = annotation_weight, at_once
        self._strategy = create_strategy(classifier.spec.strategy)
        self._rounds = self._strategy.rounds
        self._start = deepcopy(classifier.state_dict()) \
            if self._longer or self._rounds.independent else {}
        self._held_out = context.dataset.split("val") or context.dataset.split("train")
        self._best: np.ndarray | None = None  # the kept epoch's probabilities of held-out photos
        self.first = self._job(0, None)
        """The first round, which reads unmodified photos."""

    def fit(self) -> RoundFigures | None:
        """Train all rounds, and restore the classifier of the first.

        Returns:
            The figures of the rounds; None if there is only one.
        """
        if said := part_sentence(self._classifier, self._at_once, batch_size=self._batch_size):
            self._context.progress.say(f"classify: {said}")
        epochs = self._fit_round(self.first, 1)
        if self._rounds.count == 1:
            return None
        if self._rounds.independent:
            self._epochs = epochs
        train = self._context.dataset.split("train")
        between = TagRounds(self._context, self._rounds, train, self.first.colour)
        job, number = self.first, 1
        while between.goes_on(number, partial(self._predict, job)):
            number += 1
            job = self._job(epochs, between.seen(number))
            if self._rounds.independent:
                self._start_anew(number)
            epochs += self._fit_round(job, number)
        self._load(1)
        return between.write()

    def forget_checkpoints(self) -> None:
        """Remove the checkpoints of a finished training, starting with the last round."""
        for number in range(self._rounds.count if is_first() else 0, 0, -1):
            self._checkpoint(number).unlink(missing_ok=True)
            self._checkpoint(number, longer=True).unlink(missing_ok=True)

    def _job(self, first_epoch: int, erased: ErasedPhotos | None) -> TagTraining:
        return TagTraining(
            self._context, self._classifier, self._context.dataset.split("train"),
            self._accelerator.device, strategy=self._strategy, size=self._size,
            batch_size=self._batch_size, first_epoch=first_epoch, erased=erased,
            annotation_weight=self._annotation_weight, at_once=self._at_once,
        )

    def _fit_round(self, job: TagTraining, number: int) -> int:
        """Train a round, load its best weights, and return its number of epochs."""
        self._best = None
        truth = self._context.dataset.tag_matrix(self._held_out)
        predicted = np.zeros_like(truth)

        def validate() -> float:
            predicted[:] = job.predict(self._held_out)
            return mean_precision(predicted, truth)

        def keep_best() -> None:
            self._best = predicted.copy()
            save_classifier(self._context.run, self._classifier, number)

        train = partial(self._train, job, number, validate, keep_best)
        epochs = self._rounds.epochs(number, self._epochs)
        progress = train(epochs)
        if self._longer and number == 1 and (longer := longer_epochs(
            self._context, job.predict, steps=epochs * job.sampler.steps
        )):
            self._classifier.load_state_dict(self._start)
            progress, epochs = train(longer, longer=True), longer
        curve = [list(row.values()) for row in progress.curve]
        folder = self._context.run.round_folder(number)
        write_table(folder / "curve.csv", list(progress.curve[0]), curve)
        self._load(number)
        return epochs

    def _train(
        self, job: TagTraining, number: int, validate: Callable[[], float],
        keep_best: Callable[[], None], epochs: int, *, longer: bool = False,
    ) -> Progress:
        """Train for some epochs; a longer training has a checkpoint of its own."""
        training = Training(
            model=self._classifier, optimizer=self._make_optimizer(), batches=job.batches,
            step=job.loss, epochs=epochs, steps_per_epoch=job.sampler.steps,
            checkpoint=self._checkpoint(number, longer=longer), validate=validate,
            keep_best=keep_best, parts=job.parts,
        )
        name = "classify" if number == 1 else f"classify, round {number}"
        with self._context.progress.stage(
            f"{name}, longer" if longer else name, total=epochs * job.sampler.steps, unit="steps"
        ) as bar:
            return training.fit(self._accelerator, bar, "mean_average_precision")

    def _start_anew(self, number: int) -> None:
        """Load the initial weights, with a head of other random numbers."""
        self._classifier.load_state_dict(self._start)
        torch.manual_seed(self._context.seed + number)
        fresh = self._strategy.head_for(
            self._classifier.backbone, len(self._context.dataset.classes))
        self._classifier.head.load_state_dict(fresh.state_dict())

    def _predict(self, job: TagTraining, photos: tuple[Photo, ...]) -> np.ndarray:
        """Return a round's probabilities, cached for held-out photos."""
        if self._best is not None and photos == self._held_out:
            return self._best
        return job.predict(photos)

    def _load(self, number: int) -> None:
        path = self._context.run.round_folder(number) / "weights.safetensors"
        self._classifier.load_state_dict(read_weights(path))

    def _checkpoint(self, number: int, *, longer: bool = False) -> Path:
        name = "checkpoint_longer" if longer else "checkpoint"
        return self._context.run.round_folder(number) / f"{name}.safetensors"
