"""A training loop over `step(batch) -> loss`; it knows no model and no data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from tag2mask.training.checkpoint import Progress, load_checkpoint, save_checkpoint

Batch = TypeVar("Batch")


class Meter(Protocol):
    """The curve of a training and its best score."""

    def advance(self, count: int = 1) -> None:
        """Say that `count` steps are done."""

    def note(self, text: str) -> None:
        """Show `text` beside the bar."""


@dataclass(kw_only=True)
class Training(Generic[Batch]):
    """Everything that one training consists of.

    Args:
        model: what is trained; saved as it is after every epoch.
        optimizer: over the parameters that learn.
        batches: yields the batches of an epoch, the same ones on every call.
        step: computes the loss of a batch.
        validate: scores the model after an epoch, higher is better.
        keep_best: called when the score is the best so far, to save the weights.
        epochs: how many.
        steps_per_epoch: batches in an epoch, for the schedule.
        checkpoint: where to resume from; deleted by the caller when the stage is done.
        warm_up: share of all steps in which the learning rate rises.
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

    def fit(self, accelerator: Accelerator, meter: Meter, score_name: str) -> Progress:
        """Train, from the checkpoint on where there is one; return the curve and the best score."""
        rates = [group["lr"] for group in self.optimizer.param_groups]
        progress = load_checkpoint(self.checkpoint, self.model, self.optimizer)
        meter.advance(progress.epoch * self.steps_per_epoch)
        for epoch in range(progress.epoch, self.epochs):
            self.model.train()
            loss = self._train_epoch(epoch, rates, accelerator, meter)
            self.model.eval()
            score = self.validate()
            progress.curve.append({"epoch": epoch + 1, "loss": loss, score_name: score})
            if _is_best(score, progress.best):
                progress.best = max(progress.best, score)
                self.keep_best()
            progress.epoch = epoch + 1
            if accelerator.is_main_process:
                save_checkpoint(self.checkpoint, self.model, self.optimizer, progress)
            meter.note(f"loss {loss:.3f}, {score_name.replace('_', ' ')} {score:.3f}")
        return progress

    def _train_epoch(
        self, epoch: int, rates: list[float], accelerator: Accelerator, meter: Meter
    ) -> float:
        total, count = torch.zeros((), device=accelerator.device), 0
        for index, batch in enumerate(self.batches(epoch)):
            factor = self._schedule(epoch * self.steps_per_epoch + index)
            for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            with accelerator.autocast():
                loss = self.step(batch)
            accelerator.backward(loss)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            total, count = total + loss.detach(), count + 1
            meter.advance(1)
        return float(total) / max(count, 1)

    def _schedule(self, step: int) -> float:
        """Rise linearly, then fall along half a cosine; read in the middle of a step, never 0."""
        done = (step + 0.5) / (self.epochs * self.steps_per_epoch)
        if done < self.warm_up:
            return done / self.warm_up
        return 0.5 * (1 + math.cos(math.pi * (done - self.warm_up) / (1 - self.warm_up)))


def _is_best(score: float, best: float) -> bool:
    """Compare scores; one that is no number only counts while there is no other to keep."""
    return score > best or (math.isnan(score) and best == -math.inf)
