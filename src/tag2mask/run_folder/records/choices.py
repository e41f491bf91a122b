"""Choices that a run made without masks, and the scores of all candidates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Kernels = tuple[tuple[float, float], tuple[float, float, float]]
"""Kernels of a dense CRF: (width, weight) and (width, colour width, weight)."""


@dataclass(frozen=True, kw_only=True)
class BackgroundChoice:
    """The share of foreground in the photos.

    Attributes:
        share: share of foreground pixels in tagged photos, in (0, 1).
        shares: (S,) the candidates.
        learnable: (S,) R2 of each candidate, as computed in `pseudo_masks/choice.py`.
        found: False if nothing could be learned and a fixed share was used.
        photos: number of photos used for the choice, if known.
    """

    share: float
    shares: tuple[float, ...]
    learnable: tuple[float, ...]
    found: bool
    photos: int | None = None

    def __post_init__(self) -> None:
        """Validate the share, and that every candidate has a result."""
        if not 0 <= self.share <= 1:
            raise ValueError(f"share is {self.share}, not between 0 and 1")
        if len(self.shares) != len(self.learnable):
            raise ValueError(f"{len(self.shares)} shares and {len(self.learnable)} learnable")


@dataclass(frozen=True, kw_only=True)
class CrfChoice:
    """The kernels of a dense CRF.

    Attributes:
        kernels: the chosen kernels; widths in pixels of a photo with a long side of 500.
        figures: one per candidate: R2 without masks, mIoU with masks.
        oracle: whether true masks were used.
        found: False if nothing could be learned and the default was used.
        candidates: all candidates, weakest first.
        photos: number of photos used for the comparison.
    """

    kernels: Kernels
    figures: tuple[float, ...]
    oracle: bool
    found: bool
    candidates: tuple[Kernels, ...]
    photos: int

    def __post_init__(self) -> None:
        """Validate the kernels."""
        if not all(0 < value < 1e6 for kernel in self.kernels for value in kernel):
            raise ValueError(f"kernels {self.kernels} are out of range")


@dataclass(frozen=True, kw_only=True)
class SecondRound:
    """sharpener/second_round.json: whether the masks are those of a network trained on the first.

    Attributes:
        missed: share of the tagged training photos in which the network misses a tag.
        used: whether its scores are used.
        edge_first: mean edge under the outlines of the first masks, as a multiple of the mean of a
            photo; 0 if outlines were not compared.
        edge: the same of the network's masks.
    """

    missed: float
    used: bool
    edge_first: float = 0.0
    edge: float = 0.0

    @property
    def sentence(self) -> str:
        """The decision and its reason."""
        if self.used:
            return (f"The second round is used: its network misses a tag in {self.missed:.0%} of "
                    "the training photos.")
        if self.edge:
            return ("The second round is not used: outlines of the first masks show the size of "
                    f"the objects, and lie on edges {self.edge_first:.1f} times as strong as the "
                    f"mean of a photo, those of the network's masks on {self.edge:.1f} times.")
        return (f"The second round is not used: its network misses a tag in {self.missed:.0%} of "
                "the training photos, so the masks of the first are kept.")


@dataclass(frozen=True, kw_only=True)
class OutlineChoice:
    """The share of foreground of sharpened scores, by the edges under the outlines of the masks.

    Attributes:
        before: share of foreground pixels in tagged photos before, in (0, 1).
        share: the chosen share, at most that.
        edge_before: mean edge under the outlines before, as a multiple of the mean of a photo.
        edge: the same at the chosen share.
    """

    before: float
    share: float
    edge_before: float
    edge: float

    @property
    def lowered(self) -> bool:
        """Whether the share is lower than before."""
        return self.share < self.before

    @property
    def sentence(self) -> str:
        """The choice and its reason; "" if nothing was changed."""
        if not self.lowered:
            return ""
        return (f"The share of foreground is lowered from {self.before:.1%} to {self.share:.1%}: "
                f"there, outlines lie on edges {self.edge:.1f} times as strong as the mean of a "
                f"photo, in place of {self.edge_before:.1f} times.")


@dataclass(frozen=True, kw_only=True)
class HelpChoice:
    """Whether outside help is used: a prior that was trained on masks of other photos.

    Attributes:
        asked: the setting: auto, saliency or sam.
        used: saliency, sam, or none.
        why: the reason, as a sentence.
        figures: the measurements that the choice is based on, by name; empty if it was not auto.
        photos: number of photos that were measured.
        limit: minimum correlation of prior and maps in the photos in which the prior is used.
        weights: source of the prior; its SHA-256 if it is the verified network.
    """

    asked: str
    used: str
    why: str
    figures: Mapping[str, float] = field(default_factory=dict)
    photos: int = 0
    limit: float = -1.0
    weights: str = ""

    def __post_init__(self) -> None:
        """Validate the figures."""
        if not all(math.isfinite(value) for value in self.figures.values()):
            raise ValueError(f"figures are {dict(self.figures)}")


@dataclass(frozen=True, kw_only=True)
class RuntimeTrial:
    """Results of one runtime on some photos."""

    milliseconds: float
    """Median time per photo."""
    agreement: float
    """Share of pixels with the same label as in float32, 0..1."""


@dataclass(frozen=True, kw_only=True)
class RuntimeChoice:
    """The fastest runtime whose masks agree with those of float32."""

    runtime: str
    tried: Mapping[str, RuntimeTrial] = field(default_factory=dict)
    machine: str = ""
    """Key of the machine that it holds for; "" in old records."""


@dataclass(frozen=True, kw_only=True)
class MasksMade:
    """The inputs of the class-agnostic masks; masks are recomputed if these change."""

    source: str
    """The network, as in the setting."""
    data: str
    """Fingerprint of the data set."""
    depth: str | None = None
    """How photos of more than 8 bits are read."""


@dataclass(frozen=True, kw_only=True)
class StepsChoice:
    """The sharpening steps that a run chose from its data."""

    steps: tuple[str, ...]
    """Names of the steps; empty where the maps are left as they are."""
    figures: Mapping[str, float]
    """R2 of the labels of each candidate, as in `sharpening/steps_tuning.py`."""
    found: bool
    """False if nothing could be learned and the default was used."""
    photos: int
    """Number of photos used for the comparison."""
    sentence: str
    """The choice and its reason in one sentence."""
