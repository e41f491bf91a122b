"""A generic training loop over `step(batch) -> loss`, independent of model and data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from tag2mask.core.processes import barrier
from tag2mask.core.processes.collectives import sum_all
from tag2mask.core.profiling import (
    BACKWARD,
    FORWARD,
    OPTIMISE,
    VALIDATE,
    Repeated,
    count,
    moved_by_step,
    work,
)
from tag2mask.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from tag2mask.training.joint_gradients import start_alike, sum_gradients
from tag2mask.training.joint_layers import joint_layers

Batch = TypeVar("Batch")


class Meter(Protocol):
    """Interface of the progress bar of a training."""

    def advance(self, count: int = 1) -> None:
        """Advance the bar by `count` steps."""

    def note(self, text: str) -> None:
        """Display `text` next to the bar."""


@dataclass(kw_only=True)
class Training(Generic[Batch]):
    """Configuration and loop of one training.

    Several processes train the same network: `step` computes the weighted loss of a process's share
    of the batch, or of a part of it, and the gradients of all are summed.

    Args:
        model: network to train; a checkpoint is saved after every epoch.
        optimizer: optimizer over the trainable parameters.
        batches: yields the batches of an epoch, the same ones on every call.
        step: computes the loss of a batch.
        validate: scores the model after an epoch, higher is better.
        keep_best: called when no score was better so far, to save the weights. Of equal scores the
            last counts, since the learning rate is lower then.
        epochs: number of epochs.
        steps_per_epoch: number of batches in an epoch, for the schedule.
        checkpoint: file to resume from; the caller deletes it when the stage is complete.
        warm_up: fraction of all steps in which the learning rate rises.
        parts: divides a batch into parts, which are computed one after the other to save memory.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    batches: Callable[[int], Iterable[Batch]]
    step: Callable[[Batch], Tensor]
    validate: Callable[[], float]
    keep_best: Callable[[], None]
    epochs: int
    steps_per_epoch: int
    checkpoint: Path
    warm_up: float = 0.1
    parts: Callable[[Batch], Sequence[Batch]] = lambda batch: (batch,)

    def __post_init__(self) -> None:
        """Prepare to count operations."""
        self._forward: Repeated[Tensor] = Repeated(FORWARD)
        self._backward: Repeated[None] = Repeated(BACKWARD)

    def fit(self, accelerator: Accelerator, meter: Meter, score_name: str) -> Progress:
        """Train, resuming from the checkpoint if it exists; return the curve and best score."""
        rates = [group["lr"] for group in self.optimizer.param_groups]
        progress = load_checkpoint(self.checkpoint, self.model, self.optimizer)
        start_alike(self.model)
        meter.advance(progress.epoch * self.steps_per_epoch)
        for epoch in range(progress.epoch, self.epochs):
            self.model.train()
            with joint_layers(self.model):
                loss = self._train_epoch(epoch, rates, accelerator, meter)
            self.model.eval()
            with work(VALIDATE):
                score = self.validate()
            progress.curve.append({"epoch": epoch + 1, "loss": loss, score_name: score})
            if _is_best(score, progress.best):
                progress.best = max(progress.best, score)
                self.keep_best()
            progress.epoch = epoch + 1
            save_checkpoint(self.checkpoint, self.model, self.optimizer, progress)
            meter.note(f"loss {loss:.3f}, {score_name.replace('_', ' ')} {score:.3f}")
        barrier()  # the first process has written the weights
        return progress

    def _train_epoch(
        self, epoch: int, rates: list[float], accelerator: Accelerator, meter: Meter
    ) -> float:
        total, count = torch.zeros((), device=accelerator.device), 0
        for index, batch in enumerate(self.batches(epoch)):
            factor = self._schedule(epoch * self.steps_per_epoch + index)
            for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            loss = self._take_step(batch, accelerator, check=index == 0)
            total, count = total + loss, count + 1
            meter.advance(1)
        return float(sum_all(total)) / max(count, 1)

    def _take_step(self, batch: Batch, accelerator: Accelerator, *, check: bool) -> Tensor:
        """Update the weights by one batch, and return its loss; `check` compares processes."""
        first, *others = (self._backpropagate(part, accelerator) for part in self.parts(batch))
        loss = sum(others, start=first)
        sum_gradients(self.model, check=check)
        with work(OPTIMISE):
            self.optimizer.step()
            count(OPTIMISE, moved_bytes=moved_by_step(self.optimizer))
            self.optimizer.zero_grad(set_to_none=True)
        return loss

    def _backpropagate(self, part: Batch, accelerator: Accelerator) -> Tensor:
        """Add the gradients of a part of a batch, and return its loss."""
        with accelerator.autocast():
            loss = self._forward(lambda: self.step(part))
        self._backward(lambda: accelerator.backward(loss))
        return loss.detach()

    def _schedule(self, step: int) -> float:
        """Learning-rate factor: linear warm-up, then cosine decay, at mid-step and never 0."""
        done = (step + 0.5) / (self.epochs * self.steps_per_epoch)
        if done < self.warm_up:
            return done / self.warm_up
        return 0.5 * (1 + math.cos(math.pi * (done - self.warm_up) / (1 - self.warm_up)))


def check_epochs(epochs: int | str) -> None:
    """Raise an error unless the setting is a number of epochs or "auto".

    Raises:
        ValueError: the setting is invalid.
    """
    if isinstance(epochs, str) and epochs != "auto":
        raise ValueError(f'epochs must be "auto" or a whole number, not {epochs!r}')


def _is_best(score: float, best: float) -> bool:
    """Compare scores; nan is accepted only while there is no previous score."""
    return score >= best or (math.isnan(score) and best == -math.inf)
