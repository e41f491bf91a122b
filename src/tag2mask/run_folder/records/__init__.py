"""All records in a run folder, as frozen dataclasses.

They are written to and read from JSON only by `core/json_records.py`.
"""

from tag2mask.run_folder.records.choices import (
    BackgroundChoice,
    CrfChoice,
    MasksMade,
    RoundFigures,
    RoundsRecord,
    RuntimeChoice,
    RuntimeTrial,
)
from tag2mask.run_folder.records.figures import (
    Calibration,
    CalibrationBins,
    Counts,
    Curve,
    Figure,
    FigureProtocol,
    LabelScores,
    MapDetails,
    MaskDetails,
    Protocol,
    RankAgreement,
    SizeBins,
    TrustFigures,
)
from tag2mask.run_folder.records.metrics import (
    DataSummary,
    LeftOut,
    Metrics,
    SplitCounts,
    StageCost,
)
from tag2mask.run_folder.records.profile import (
    MachineLimits,
    Profile,
    StageProfile,
    WorkProfile,
)
from tag2mask.run_folder.records.reading import read_metrics
from tag2mask.run_folder.records.stage_records import (
    ActivateAbout,
    ClassifyAbout,
    EvaluateAbout,
    LabelAbout,
    SegmentAbout,
    SegmenterFigures,
    SharpenAbout,
    StageAbout,
    StageRecord,
    TagFigures,
)

__all__ = [
    "ActivateAbout",
    "BackgroundChoice",
    "Calibration",
    "CalibrationBins",
    "ClassifyAbout",
    "Counts",
    "CrfChoice",
    "Curve",
    "DataSummary",
    "EvaluateAbout",
    "Figure",
    "FigureProtocol",
    "LabelAbout",
    "LabelScores",
    "LeftOut",
    "MachineLimits",
    "MapDetails",
    "MaskDetails",
    "MasksMade",
    "Metrics",
    "Profile",
    "Protocol",
    "RankAgreement",
    "RoundFigures",
    "RoundsRecord",
    "RuntimeChoice",
    "RuntimeTrial",
    "SegmentAbout",
    "SegmenterFigures",
    "SharpenAbout",
    "SizeBins",
    "SplitCounts",
    "StageAbout",
    "StageCost",
    "StageProfile",
    "StageRecord",
    "TagFigures",
    "TrustFigures",
    "WorkProfile",
    "read_metrics",
]
