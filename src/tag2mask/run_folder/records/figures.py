"""A figure with its protocol: how good masks or maps are, and under which conditions."""

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
    """Photos that it was measured on."""
    tags: str
    """"given" where the tags of each photo were known, otherwise "predicted"."""
    oracle: bool
    """Whether a threshold was chosen by true masks."""
    pretraining: str
    """What the network was trained on before."""
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
    """The annotations that were used and what they cost, in words."""


@dataclass(frozen=True, kw_only=True)
class SizeBins:
    """mIoU by the share of the photo that a class covers."""

    edges: tuple[float, ...]
    """Shares in 0..1 between the bins."""
    miou: tuple[float | None, ...]
    """One more than there are edges; None where nothing has that size."""
    counts: tuple[int, ...]
    """How often a class has that size on a photo."""

    def __post_init__(self) -> None:
        """Refuse bins that do not belong together."""
        if not len(self.miou) == len(self.counts) == len(self.edges) + 1:
            raise ValueError(f"{len(self.edges)} edges and {len(self.miou)} bins")


@dataclass(frozen=True, kw_only=True)
class MaskDetails:
    """Edges and sizes: what mIoU alone does not show."""

    boundary_iou: float | None
    """Mean over a class's photos, then over the classes."""
    boundary_reach: float
    """Width of the band along edges, as a share of the photo's diagonal."""
    trimap: Mapping[str, float | None]
    """mIoU near true edges, by the distance in pixels."""
    size_bins: SizeBins


@dataclass(frozen=True, kw_only=True)
class MapDetails:
    """Scores of maps as in the literature on localisation."""

    curve_area: float | None
    """mIoU averaged over all thresholds."""
    max_box_acc_v2: float | None
    pxap: float | None
    """Pixel average precision, the mean over the classes."""
    pxap_pooled: float | None
    """The same over the pixels of all classes together."""


@dataclass(frozen=True, kw_only=True)
class CalibrationBins:
    """Pixels by the network's confidence."""

    confidence: tuple[float | None, ...]
    accuracy: tuple[float | None, ...]
    pixels: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How far confidence is from accuracy."""

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
    """In 0..1; None where no class occurs."""
    iou: Mapping[str, float | None]
    """By label, the background included; None where it does not occur."""
    precision: float | None
    recall: float | None


@dataclass(frozen=True, kw_only=True)
class Figure(FigureProtocol, LabelScores):
    """One mean IoU with its protocol."""

    what: str
    """"maps", "pseudo_masks", "pseudo_masks_decided" (without undecided pixels) or "network"."""
    threshold: float | None
    """Of the maps; None where no threshold is used."""
    model: str | None = None
    """The segmentation network."""
    undecided: float | None = None
    """Share of the pixels that are undecided."""
    masks: MaskDetails | None = field(default=None, metadata=FLAT)
    maps: MapDetails | None = field(default=None, metadata=FLAT)
    calibration: Calibration | None = None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """mIoU of the maps against the threshold."""

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
    """How well trust orders pseudo masks by their true IoU, on one split."""

    photos: RankAgreement
    classes: RankAgreement
    bins: tuple[tuple[float, float, int], ...]
    """(mean trust, mean true IoU, photos), lowest trust first."""
    measure: str
    """What was compared, in words."""
