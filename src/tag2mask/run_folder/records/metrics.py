"""The content of metrics.json: all figures of a run with their protocols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tag2mask.run_folder.records.choices import BackgroundChoice
from tag2mask.run_folder.records.figures import Counts, Curve, Figure, TrustFigures
from tag2mask.run_folder.records.stage_records import TagFigures


@dataclass(frozen=True, kw_only=True)
class SplitCounts:
    """The size of a split."""

    photos: int
    masks: int


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A photo that is not used, and the reason."""

    photo: str
    why: str


@dataclass(frozen=True, kw_only=True)
class DataSummary:
    """The data set of a run."""

    name: str
    root: str
    layout: str
    classes: tuple[str, ...]
    counts: Mapping[str, SplitCounts]
    """By split."""
    left_out: tuple[LeftOut, ...]
    synthetic: bool


@dataclass(frozen=True, kw_only=True)
class StageCost:
    """Time and memory of a stage."""

    seconds: float
    peak_memory_mb: float
    apart: Mapping[str, float] = field(default_factory=dict)
    """See `StageRecord`."""


@dataclass(frozen=True, kw_only=True)
class GivenAmounts:
    """The annotations of one split."""

    photos: int
    points: int
    boxes: int
    scribbles: int
    masks: int
    complete: int
    minutes: float
    """Estimated time in minutes."""
    scored_too: int
    """Annotated photos that also have a mask for scoring."""


@dataclass(frozen=True, kw_only=True)
class GroupScore:
    """The mean score of some photos of a split."""

    what: str
    split: str
    photos: int
    mean_iou: float


@dataclass(frozen=True, kw_only=True)
class ScoresByAnnotation:
    """Scores of annotated photos beside those of the others."""

    annotated: tuple[GroupScore, ...]
    others: tuple[GroupScore, ...]


@dataclass(frozen=True, kw_only=True)
class AnnotationFigures:
    """Amounts of annotations, and their effect on the scores."""

    given: Mapping[str, GivenAmounts]
    """By split."""
    scores: ScoresByAnnotation


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Everything that `evaluate` measured."""

    version: str
    """Version of tag2mask; "" if nothing has been measured yet."""
    seed: int | None
    data: DataSummary | None
    figures: tuple[Figure, ...]
    curves: Mapping[str, Curve]
    """Curves by "maps/<split>"."""
    confusion: Mapping[str, Counts]
    """Confusion matrices by "<what>/<split>"."""
    agreement: Mapping[str, float]
    """mIoU of network and pseudo masks, by "network_pseudo/<split>"."""
    trust: Mapping[str, TrustFigures]
    """By split."""
    tags: TagFigures | None
    choice: BackgroundChoice | None
    stages: Mapping[str, StageCost]
    """Costs of all completed stages, by name."""
    warnings: tuple[str, ...]
    command: str
    """Command that repeats the run."""
    annotations: AnnotationFigures | None = None

    def __post_init__(self) -> None:
        """Check that confusion matrices are square."""
        for name, rows in self.confusion.items():
            if any(len(row) != len(rows) for row in rows):
                raise ValueError(f"confusion/{name} is not square")

    @classmethod
    def none(cls) -> Metrics:
        """Return the metrics of a run before its stage `evaluate`."""
        return cls(
            version="", seed=None, data=None, figures=(), curves={}, confusion={}, agreement={},
            trust={}, tags=None, choice=None, stages={}, warnings=(), command="",
        )
