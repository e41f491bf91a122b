"""Choices that a run made without masks while it trained its classifier."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BatchNormChoice:
    """Whether the statistics of batch normalisation adapted to the photos."""

    adapt: bool
    shift: float
    """Divergence of the photos' statistics from the stored ones, in nats."""
    least: float
    """Shift from which they adapt."""
    photos: int
    """Number of photos that it was measured on."""

    @property
    def sentence(self) -> str:
        """The choice and its reason in one sentence."""
        what = "adapt to the photos" if self.adapt else "stay as they are"
        side = "at or above" if self.adapt else "below"
        return (f"The statistics of batch normalisation {what}: their shift is {self.shift:.2f}, "
                f"{side} {self.least:g}.")


@dataclass(frozen=True, kw_only=True)
class LongerTraining:
    """classifier/longer.json: whether a classifier is trained longer, by what it has learned.

    Attributes:
        epochs: epochs after which this was decided.
        loss: mean loss of the tags of training photos then, in nats per class.
        chance: the loss of always predicting the frequency of each class.
        longer: epochs of the training that replaces this one; 0 for none.
    """

    epochs: int
    loss: float
    chance: float
    longer: int

    def __post_init__(self) -> None:
        """Validate the numbers."""
        if self.epochs < 1 or not 0 <= self.longer <= 10_000:
            raise ValueError(f"epochs are {self.epochs} and {self.longer}")

    @property
    def sentence(self) -> str:
        """The decision and its reason; empty if there is no longer training."""
        if not self.longer:
            return ""
        left = 100 * self.loss / self.chance if self.chance else 100
        return (f"After {self.epochs} epochs the classifier has not fully learned the tags of its "
                f"photos (its loss is {left:.0f} % of that by chance), so it is trained again for "
                f"{self.longer} epochs.")


@dataclass(frozen=True, kw_only=True)
class RoundFigures:
    """The rounds of a classifier's training."""

    rounds: Mapping[str, int]
    """Number of rounds whose maps are used, by class."""
    loss_by_round: Mapping[str, tuple[float, ...]]
    """Loss on held-out photos in nats, by class."""
    erased_share: tuple[float, ...]
    """Share of the pixels erased before each round."""


@dataclass(frozen=True, kw_only=True)
class RoundsRecord(RoundFigures):
    """rounds.json, from which `activate` reads which maps to compute."""

    colour: tuple[float, float, float]
    """Colour of erased regions, in 0..255."""

    def __post_init__(self) -> None:
        """Validate the fields."""
        if not all(math.isfinite(value) for value in self.colour):
            raise ValueError(f"colour is {self.colour}")


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """maps/weighing.json: whether the maps are weighed by what all photos have in common.

    Attributes:
        spread: mean part of a photo on which a map is above half of its peak, 0..1.
        used: whether the maps are weighed.
    """

    spread: float
    used: bool

    @property
    def sentence(self) -> str:
        """The decision and its reason."""
        seen = f"they are above half of their peak on {self.spread:.0%} of a photo"
        return (f"Maps are weighed by the cells of all photos: {seen}." if self.used else
                f"Maps stay as they are read: {seen}, too little for weighing by the cells of all "
                "photos.")
