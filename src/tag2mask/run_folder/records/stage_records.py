"""What a stage records: its cost, its warnings, and what it did."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tag2mask.core.json_fields import FLAT
from tag2mask.run_folder.records.choices import CrfChoice, RoundFigures, RuntimeChoice


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """`stages/<name>.json` without what the stage did, which is a `StageAbout`."""

    fingerprint: str
    """Changes with everything that decides the stage's results."""
    done: bool
    seconds: float
    """Of all attempts with this fingerprint together."""
    peak_memory_mb: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StageAbout:
    """What a stage did, as later stages and the report need it."""

    stage: ClassVar[str]
    """Name of the stage."""


@dataclass(frozen=True, kw_only=True)
class TagFigures:
    """The quality of predicted tags on photos that the classifier was not trained on."""

    average_precision: Mapping[str, float | None]
    """By class; None where it does not occur."""
    best_threshold: Mapping[str, float | None]
    """By class, of the best F1."""
    mean_average_precision: float | None
    split: str
    images: int
    rounds: RoundFigures | None = field(default=None, metadata=FLAT)
    """Of a strategy with several rounds."""


@dataclass(frozen=True, kw_only=True)
class ClassifyAbout(StageAbout):
    """The trained classifier."""

    stage: ClassVar[str] = "classify"
    tags: TagFigures


@dataclass(frozen=True, kw_only=True)
class ActivateAbout(StageAbout):
    """How the maps were computed."""

    stage: ClassVar[str] = "activate"
    scales: tuple[float, ...]
    flip: bool
    method: str
    strategy: tuple[str, ...]
    pretraining: str
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SharpenAbout(StageAbout):
    """How the maps were sharpened, and where foreground begins."""

    stage: ClassVar[str] = "sharpen"
    sharpening: tuple[str, ...]
    """Names of the steps."""
    share: float
    """Of foreground among the pixels of tagged photos, 0..1."""
    crf: bool
    threshold: float
    """The map value of that share, 0..1."""
    outside_help: tuple[str, ...]
    """Everything used that was itself trained on masks."""
    threshold_by: str = ""
    """What chose the threshold, if it was annotations."""
    dense_crf: CrfChoice | None = None
    """Where the kernels of the CRF were chosen."""

    def __post_init__(self) -> None:
        """Refuse a threshold that would decide nothing."""
        if not math.isfinite(self.threshold):
            raise ValueError(f"threshold is {self.threshold}")


@dataclass(frozen=True, kw_only=True)
class LabelAbout(StageAbout):
    """How scores became masks."""

    stage: ClassVar[str] = "label"
    factor: float
    """A class wins where its score is more than this multiple of the background's."""
    oracle: bool
    """Whether true masks decided the factor."""

    def __post_init__(self) -> None:
        """Refuse a factor that would decide nothing."""
        if not math.isfinite(self.factor):
            raise ValueError(f"factor is {self.factor}")


@dataclass(frozen=True, kw_only=True)
class EvaluateAbout(StageAbout):
    """What was left out of the figures."""

    stage: ClassVar[str] = "evaluate"
    annotated: tuple[str, ...] = ()
    """Held-out photos that have annotations, a sentence per split."""


@dataclass(frozen=True, kw_only=True)
class SegmenterFigures:
    """segmenter/metrics.json."""

    agreement: float
    """mIoU with the pseudo masks of held-out photos."""


@dataclass(frozen=True, kw_only=True)
class SegmentAbout(StageAbout):
    """The trained network."""

    stage: ClassVar[str] = "segment"
    agreement: float
    """mIoU with the pseudo masks of held-out photos."""
    model: str
    backbone: str
    encoder_pretraining: str
    """What the encoder was trained on before; "" in old runs, where it is the classifier's."""
    runtime: RuntimeChoice | None = None
    """Where bfloat16 was tried."""
