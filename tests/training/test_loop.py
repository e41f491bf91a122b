"""The loop trains what it is given, keeps the best, and goes on where it was stopped."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tag2mask.core.device import make_accelerator
from tag2mask.training.loop import Training


class Meter:
    """Counts what it is told."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.count, self.notes = 0, [""]

    def advance(self, count: int = 1) -> None:
        """Count steps."""
        self.count += count

    def note(self, text: str) -> None:
        """Remember a note."""
        self.notes.append(text)


class Toy:
    """A line that is fitted, scored by a list of scores."""

    def __init__(self, folder: Path, scores: list[float], *, epochs: int = 0) -> None:
        """Start from the same weights every time."""
        torch.manual_seed(0)
        self.net, self.kept, self.rates = nn.Linear(2, 1), [], []
        self.scores, self.epochs = scores, epochs or len(scores)
        self.stop_in: int | None = None
        self.training = Training(
            model=self.net, optimizer=torch.optim.AdamW(self.net.parameters(), lr=0.1),
            batches=self.batches, step=self.step, validate=self.validate,
            keep_best=lambda: self.kept.append(self.epoch + 1), epochs=self.epochs,
            steps_per_epoch=4, checkpoint=folder / "c.safetensors",
        )

    def batches(self, epoch: int) -> Iterator[Tensor]:
        """Give four batches that follow from the epoch."""
        self.epoch = epoch
        draw = torch.Generator().manual_seed(epoch)
        for index in range(4):
            if epoch == self.stop_in and index == 2:
                raise KeyboardInterrupt
            yield torch.randn(5, 2, generator=draw)

    def step(self, batch: Tensor) -> Tensor:
        """Fit the sum."""
        assert self.net.training
        self.rates.append(self.training.optimizer.param_groups[0]["lr"])
        return (self.net(batch) - batch.sum(1, keepdim=True)).square().mean()

    def validate(self) -> float:
        """Score the epoch by the list."""
        assert not self.net.training
        return self.scores[self.epoch]

    def fit(self) -> list[float]:
        """Train, and return the losses."""
        self.meter = Meter()
        progress = self.training.fit(make_accelerator("cpu"), self.meter, "mean_score")
        return [row["loss"] for row in progress.curve]


def test_it_learns_and_tells(tmp_path: Path) -> None:
    """The loss falls, every step is counted, every epoch noted."""
    toy = Toy(tmp_path, [0.1] * 6)
    losses = toy.fit()
    assert losses[-1] < losses[0] / 2
    assert toy.meter.count == 24
    assert "mean score 0.100" in toy.meter.notes[-1]


def test_the_rate_rises_and_falls(tmp_path: Path) -> None:
    """Over a tenth of the steps, then along a cosine; no step is wasted at a rate of zero."""
    toy = Toy(tmp_path, [0.1] * 10)
    toy.fit()
    top = toy.rates.index(max(toy.rates))
    assert len(toy.rates) == 40
    assert 3 <= top <= 4
    assert toy.rates[:top] == sorted(toy.rates[:top])
    assert toy.rates[top:] == sorted(toy.rates[top:], reverse=True)
    assert 0.09 < max(toy.rates) <= 0.1
    assert 0 < min(toy.rates) < 0.02


def test_a_single_step_learns_too(tmp_path: Path) -> None:
    """As with a handful of photos and one epoch."""
    toy = Toy(tmp_path, [0.1])
    toy.training.steps_per_epoch = 1
    assert toy.training._schedule(0) > 0.3


@pytest.mark.parametrize(("scores", "kept", "best"), [
    ([0.1, 0.3, 0.2, 0.4], [1, 2, 4], 0.4),
    ([0.3, 0.3, 0.3], [1, 2, 3], 0.3),  # the rate falls, so the later is better
    ([math.nan, math.nan], [1, 2], -math.inf),
    ([math.nan, 0.2, 0.1], [1, 2], 0.2),
    ([0.5, math.nan, 0.3, 0.6], [1, 4], 0.6),
    ([0.0, math.nan], [1], 0.0),
])
def test_the_best_is_kept(
    tmp_path: Path, scores: list[float], kept: list[int], best: float
) -> None:
    """A score that is no number loses no weights, neither the better ones nor all."""
    toy = Toy(tmp_path, scores)
    progress = toy.training.fit(make_accelerator("cpu"), Meter(), "score")
    assert toy.kept == kept
    assert progress.best == best



def test_a_stopped_training_goes_on_to_the_same_end(tmp_path: Path) -> None:
    """Stopped in the middle of an epoch; weights, losses and rates bit for bit."""
    scores = [0.1, 0.4, 0.2, 0.3]
    whole = Toy(tmp_path / "whole", scores)
    losses = whole.fit()
    first = Toy(tmp_path / "parts", scores)
    first.stop_in = 2
    with pytest.raises(KeyboardInterrupt):
        first.fit()
    second = Toy(tmp_path / "parts", scores)
    assert second.fit() == losses
    assert torch.equal(second.net.weight, whole.net.weight)
    assert second.rates == whole.rates[8:]
    assert first.kept + second.kept == whole.kept
    assert second.meter.count == 16


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    """As when the stage is stopped after it."""
    losses = Toy(tmp_path, [0.1, 0.2]).fit()
    again = Toy(tmp_path, [0.1, 0.2])
    assert again.fit() == losses
    assert again.rates == []
