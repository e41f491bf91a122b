"""Records of the stages: costs, warnings and results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tag2mask.core.json_fields import FLAT
from tag2mask.run_folder.records.choices import (
    CrfChoice,
    HelpChoice,
    OutlineChoice,
    RuntimeChoice,
    SecondRound,
)
from tag2mask.run_folder.records.classifier_choices import RoundFigures
from tag2mask.run_folder.records.normality_choices import NormalityChoice, UnusualShare


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """`stages/<name>.json` without the results of the stage, which are a `StageAbout`."""

    fingerprint: str
    """Hash of all inputs that determine the stage's results."""
    done: bool
    seconds: float
    """Total time of all attempts with this fingerprint."""
    peak_memory_mb: float
    warnings: tuple[str, ...]
    trimmed: bool = False
    """Whether its disposable files were removed (`--keep small`); they are missing on purpose."""
    apart: Mapping[str, float] = field(default_factory=dict)
    """Seconds of `seconds` that were spent on something other than the work of the stage, by what
    they were spent on, as in "exporting the network"."""


@dataclass(frozen=True, kw_only=True)
class StageAbout:
    """Results of a stage that later stages and the report need."""

    stage: ClassVar[str]
    """Name of the stage."""


@dataclass(frozen=True, kw_only=True)
class TagFigures:
    """The quality of predicted tags on held-out photos."""

    average_precision: Mapping[str, float | None]
    """Average precision by class; None for classes that do not occur."""
    best_threshold: Mapping[str, float | None]
    """Threshold of the best F1, by class."""
    mean_average_precision: float | None
    split: str
    images: int
    rounds: RoundFigures | None = field(default=None, metadata=FLAT)
    """Results of the rounds, for strategies with several."""


@dataclass(frozen=True, kw_only=True)
class ClassifyAbout(StageAbout):
    """The trained classifier."""

    stage: ClassVar[str] = "classify"
    tags: TagFigures


@dataclass(frozen=True, kw_only=True)
class ActivateAbout(StageAbout):
    """Settings of the maps."""

    stage: ClassVar[str] = "activate"
    scales: tuple[float, ...]
    flip: bool
    method: str
    strategy: tuple[str, ...]
    pretraining: str
    layers: tuple[str, ...] = ()
    runtime: str = "eager"
    """What computed the features."""
    discriminant: bool = False
    """Whether the maps were weighed by a discriminant of all photos."""


@dataclass(frozen=True, kw_only=True)
class SharpenAbout(StageAbout):
    """Settings of the sharpening, and the threshold of the foreground."""

    stage: ClassVar[str] = "sharpen"
    sharpening: tuple[str, ...]
    """Names of the steps."""
    share: float
    """Share of foreground pixels in tagged photos, 0..1."""
    crf: bool
    threshold: float
    """The map value for this share, 0..1."""
    outside_help: tuple[str, ...]
    """Everything used that was itself trained on masks."""
    threshold_by: str = ""
    """Source of the threshold, if it was chosen by annotations."""
    dense_crf: CrfChoice | None = None
    """The choice of the kernels of the CRF, if any."""
    help: HelpChoice | None = None
    """The choice of outside help, if it was asked for."""
    normality: NormalityChoice | None = None
    """Whether the scores are weighed by the distance to photos without a tag, if asked for."""
    unusual: UnusualShare | None = None
    """Whether the share contradicts photos without a tag, if it was large enough to ask."""
    second_round: SecondRound | None = None
    """Whether the scores are those of a network trained on the first ones, if one was trained."""
    outline: OutlineChoice | None = None
    """The choice of the share by outlines, if it was asked for."""

    def __post_init__(self) -> None:
        """Validate the threshold."""
        if not math.isfinite(self.threshold):
            raise ValueError(f"threshold is {self.threshold}")


@dataclass(frozen=True, kw_only=True)
class LabelAbout(StageAbout):
    """Conversion of scores to masks."""

    stage: ClassVar[str] = "label"
    factor: float
    """A class wins where its score is more than this multiple of the background's."""
    oracle: bool
    """Whether the factor was chosen by true masks."""
    empty: tuple[str, ...] = ()
    """Names of the photos with a tag whose mask has no pixel of a class."""
    specks: float = 0.0
    """Parts of a class that are smaller than this fraction of its largest part are undecided."""

    def __post_init__(self) -> None:
        """Validate the factor."""
        if not math.isfinite(self.factor):
            raise ValueError(f"factor is {self.factor}")


@dataclass(frozen=True, kw_only=True)
class EvaluateAbout(StageAbout):
    """Photos that were left out of the figures."""

    stage: ClassVar[str] = "evaluate"
    annotated: tuple[str, ...] = ()
    """Sentences about held-out photos with annotations, one per split."""
    empty_final: tuple[str, ...] = ()
    """Names of the photos with a tag whose final mask has no class."""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """Those of the earlier stages whose results were used."""


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
    """Pretraining of the encoder; "" in old runs, where it is that of the classifier."""
    runtime: RuntimeChoice | None = None
    """The choice of the runtime, if bfloat16 was tested."""
