"""What a run chose without masks, and what led to the choice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Kernels = tuple[tuple[float, float], tuple[float, float, float]]
"""Of a dense CRF: (width, weight) and (width, colour width, weight)."""


@dataclass(frozen=True, kw_only=True)
class BackgroundChoice:
    """How much of the photos is foreground.

    Attributes:
        share: of foreground among the pixels of tagged photos, in (0, 1).
        shares: (S,) the candidates.
        learnable: (S,) R2 of each; how it is measured is in `pseudo_masks/choice.py`.
        found: False where nothing could be learned and a fixed share was taken.
        photos: how many it was chosen on, where that is known.
    """

    share: float
    shares: tuple[float, ...]
    learnable: tuple[float, ...]
    found: bool
    photos: int | None = None

    def __post_init__(self) -> None:
        """Refuse a share that cannot be, and candidates without a result."""
        if not 0 <= self.share <= 1:
            raise ValueError(f"share is {self.share}, not between 0 and 1")
        if len(self.shares) != len(self.learnable):
            raise ValueError(f"{len(self.shares)} shares and {len(self.learnable)} learnable")


@dataclass(frozen=True, kw_only=True)
class CrfChoice:
    """The kernels of a dense CRF.

    Attributes:
        kernels: chosen, widths in pixels of a photo of 500.
        figures: one per candidate: R2 without masks, mIoU with them.
        oracle: whether true masks were used.
        found: False where nothing could be learned and the default was taken.
        candidates: weakest first.
        photos: how many they were compared on.
    """

    kernels: Kernels
    figures: tuple[float, ...]
    oracle: bool
    found: bool
    candidates: tuple[Kernels, ...]
    photos: int

    def __post_init__(self) -> None:
        """Refuse kernels that no CRF can have."""
        if not all(0 < value < 1e6 for kernel in self.kernels for value in kernel):
            raise ValueError(f"kernels {self.kernels} are out of range")


@dataclass(frozen=True, kw_only=True)
class RuntimeTrial:
    """One runtime on some photos."""

    milliseconds: float
    """Per photo, the median."""
    agreement: float
    """Share of pixels with the label of float32, 0..1."""


@dataclass(frozen=True, kw_only=True)
class RuntimeChoice:
    """The fastest runtime whose masks are those of float32."""

    runtime: str
    tried: Mapping[str, RuntimeTrial] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RoundFigures:
    """The rounds of a classifier's training."""

    rounds: Mapping[str, int]
    """By class, how many rounds give maps."""
    loss_by_round: Mapping[str, tuple[float, ...]]
    """By class, on held-out photos, in nats."""
    erased_share: tuple[float, ...]
    """Of the pixels, before each round."""


@dataclass(frozen=True, kw_only=True)
class RoundsRecord(RoundFigures):
    """rounds.json, from which `activate` knows which maps to compute."""

    colour: tuple[float, float, float]
    """In 0..255, of what is erased."""

    def __post_init__(self) -> None:
        """Refuse what no training leaves."""
        if not all(math.isfinite(value) for value in self.colour):
            raise ValueError(f"colour is {self.colour}")


@dataclass(frozen=True, kw_only=True)
class MasksMade:
    """Of what class-agnostic masks were made; others are made where it changes."""

    source: str
    """The network, as in the setting."""
    data: str
    """Fingerprint of the data set."""
    depth: str | None = None
    """How photos of more than 8 bits are read."""
