"""Figures with their protocols: scores of masks or maps, and the conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tag2mask.core.json_fields import FLAT

Counts = tuple[tuple[int, ...], ...]
"""(K + 1, K + 1) pixels, rows truth, columns prediction, row 0 the background."""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The conditions under which something was measured."""

    split: str
    """"train", "val" or "test"."""
    images: int
    """Number of photos."""
    tags: str
    """"given" if the tags of each photo were known, otherwise "predicted"."""
    oracle: bool
    """Whether a threshold was chosen by true masks."""
    pretraining: str
    """Pretraining of the network."""
    strategy: tuple[str, ...]
    """Training strategies of the classifier."""
    method: str
    """How the maps were computed."""
    scales: tuple[float, ...]
    """Sizes of the photo whose results are averaged."""
    flip: bool
    """Whether results of the mirror image are averaged in."""
    seed: int
    annotations: str | None = None
    """The annotations that were used and their cost, in words."""
    weighed: bool = False
    """Whether the maps were weighed by what the cells of all photos have in common."""


@dataclass(frozen=True, kw_only=True)
class SizeBins:
    """mIoU by the share of the photo that a class covers."""

    edges: tuple[float, ...]
    """Shares in 0..1 between the bins."""
    miou: tuple[float | None, ...]
    """mIoU of each bin, one more than edges; None for empty bins."""
    counts: tuple[int, ...]
    """Number of pairs of photo and class in each bin."""

    def __post_init__(self) -> None:
        """Check that the number of bins is consistent."""
        if not len(self.miou) == len(self.counts) == len(self.edges) + 1:
            raise ValueError(f"{len(self.edges)} edges and {len(self.miou)} bins")


@dataclass(frozen=True, kw_only=True)
class MaskDetails:
    """Scores by edges and object sizes, which mIoU alone does not show."""

    boundary_iou: float | None
    """Boundary IoU, the mean over the photos of a class, then over classes."""
    boundary_reach: float
    """Width of the band along edges, as a share of the photo's diagonal."""
    trimap: Mapping[str, float | None]
    """mIoU near true edges, by the distance in pixels."""
    size_bins: SizeBins


@dataclass(frozen=True, kw_only=True)
class MapDetails:
    """Scores of maps as in the localisation literature."""

    curve_area: float | None
    """mIoU averaged over all thresholds."""
    max_box_acc_v2: float | None
    pxap: float | None
    """Pixel average precision, the mean over the classes."""
    pxap_pooled: float | None
    """Pixel average precision over the pixels of all classes together."""


@dataclass(frozen=True, kw_only=True)
class CalibrationBins:
    """Pixels by the network's confidence."""

    confidence: tuple[float | None, ...]
    accuracy: tuple[float | None, ...]
    pixels: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Calibration: the difference between confidence and accuracy."""

    ece: float | None
    """Expected calibration error."""
    mce: float | None
    """Maximum calibration error."""
    bins: CalibrationBins


@dataclass(frozen=True, kw_only=True)
class FigureProtocol(Protocol):
    """The conditions under which masks were made and measured."""

    sharpening: tuple[str, ...]
    """Names of the steps."""
    crf: bool
    outside_help: tuple[str, ...]
    """Everything used that was itself trained on masks."""


@dataclass(frozen=True, kw_only=True)
class LabelScores:
    """Scores by label; precision and recall are those of the foreground as a whole."""

    miou: float | None
    """mIoU in 0..1; None if no class occurs."""
    iou: Mapping[str, float | None]
    """IoU by label, including the background; None for labels that do not occur."""
    precision: float | None
    recall: float | None


@dataclass(frozen=True, kw_only=True)
class Figure(FigureProtocol, LabelScores):
    """One mean IoU with its protocol."""

    what: str
    """"maps", "pseudo_masks", "pseudo_masks_decided" (without undecided pixels), "network",
    "network_tags" (among the tags of each photo) or "network_bound", the same network trained on
    true masks, which is always an oracle."""
    threshold: float | None
    """Threshold of the maps; None if no threshold is used."""
    model: str | None = None
    """The segmentation network."""
    undecided: float | None = None
    """Share of the pixels that are undecided."""
    masks: MaskDetails | None = field(default=None, metadata=FLAT)
    maps: MapDetails | None = field(default=None, metadata=FLAT)
    calibration: Calibration | None = None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """mIoU of the maps as a function of the threshold."""

    threshold: tuple[float, ...]
    miou: tuple[float | None, ...]
    area: float | None
    """mIoU averaged over all thresholds."""
    chosen: float
    """The threshold that the run uses."""
    oracle: float
    """The threshold with the best mIoU."""


@dataclass(frozen=True, kw_only=True)
class RankAgreement:
    """Spearman's rank correlation of trust and true IoU."""

    number: int
    spearman: float | None


@dataclass(frozen=True, kw_only=True)
class TrustFigures(Protocol):
    """Agreement between trust and true IoU of pseudo masks on one split."""

    photos: RankAgreement
    classes: RankAgreement
    bins: tuple[tuple[float, float, int], ...]
    """(mean trust, mean true IoU, photos), lowest trust first."""
    measure: str
    """Description of the compared values."""
