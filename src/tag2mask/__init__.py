"""Segment images from nothing but image tags.

    data ──► classify ──► activate ──► sharpen ──► label ──► segment ──► evaluate ──► report
    images   a tag        one map      maps that   pseudo    a network   mIoU,        a page a
    + tags   classifier   per tag      hug edges   masks     for photos  per class    person reads

`run` does all of it and leaves everything in one folder; the other names are its parts, for use
from Python:

    import tag2mask

    result = tag2mask.run("photos", out="runs/photos")
    segment = tag2mask.load_segmenter("runs/photos")

Names are loaded on first use, so that `import tag2mask` and `tag2mask --help` do not wait for
torch.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tag2mask.api.choices import choices
    from tag2mask.api.comparing import compare
    from tag2mask.api.diagnosing import diagnose, inspect
    from tag2mask.api.packing import pack
    from tag2mask.api.predicting import explain, predict
    from tag2mask.api.publishing import push
    from tag2mask.api.run import Run, open_run
    from tag2mask.api.running import demo, run, run_stage
    from tag2mask.core.contracts import InputError, SourceError
    from tag2mask.core.progress import Progress
    from tag2mask.crf.click_regions import Click, propose
    from tag2mask.data import read_dataset
    from tag2mask.data.reading_rules import DataConfig
    from tag2mask.maps import activate
    from tag2mask.models.backbones import create_backbone
    from tag2mask.models.segmenters import create_segmenter
    from tag2mask.pipeline.config import Config
    from tag2mask.prediction.segmentation import load_segmenter
    from tag2mask.pseudo_masks import to_mask
    from tag2mask.sharpening.dense_crf import dense_crf
    from tag2mask.stages.activate.run import ActivateConfig
    from tag2mask.stages.classify.run import ClassifyConfig
    from tag2mask.stages.evaluate.run import EvaluateConfig
    from tag2mask.stages.label.run import LabelConfig
    from tag2mask.stages.segment.run import SegmentConfig
    from tag2mask.stages.sharpen.settings import SharpenConfig
    from tag2mask.strategies.loading import load_classifier

__version__ = "0.1.0"

# Read when onnxruntime is loaded, which would otherwise keep an identifier of the machine and a
# data base in the user's cache, and send reports.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_HOMES = {
    "Config": "tag2mask.pipeline.config",
    "DataConfig": "tag2mask.data.reading_rules",
    "ClassifyConfig": "tag2mask.stages.classify.run",
    "ActivateConfig": "tag2mask.stages.activate.run",
    "SharpenConfig": "tag2mask.stages.sharpen.settings",
    "LabelConfig": "tag2mask.stages.label.run",
    "SegmentConfig": "tag2mask.stages.segment.run",
    "EvaluateConfig": "tag2mask.stages.evaluate.run",
    "InputError": "tag2mask.core.contracts",
    "SourceError": "tag2mask.core.contracts",
    "Progress": "tag2mask.core.progress",
    "Run": "tag2mask.api.run",
    "run": "tag2mask.api.running",
    "demo": "tag2mask.api.running",
    "run_stage": "tag2mask.api.running",
    "open_run": "tag2mask.api.run",
    "predict": "tag2mask.api.predicting",
    "explain": "tag2mask.api.predicting",
    "push": "tag2mask.api.publishing",
    "compare": "tag2mask.api.comparing",
    "inspect": "tag2mask.api.diagnosing",
    "diagnose": "tag2mask.api.diagnosing",
    "pack": "tag2mask.api.packing",
    "choices": "tag2mask.api.choices",
    "load_classifier": "tag2mask.strategies.loading",
    "activate": "tag2mask.maps",
    "to_mask": "tag2mask.pseudo_masks",
    "load_segmenter": "tag2mask.prediction.segmentation",
    "read_dataset": "tag2mask.data",
    "create_backbone": "tag2mask.models.backbones",
    "create_segmenter": "tag2mask.models.segmenters",
    "dense_crf": "tag2mask.sharpening.dense_crf",
    "Click": "tag2mask.crf.click_regions",
    "propose": "tag2mask.crf.click_regions",
}
"""Where each public name lives."""

__all__ = [
    "ActivateConfig",
    "ClassifyConfig",
    "Click",
    "Config",
    "DataConfig",
    "EvaluateConfig",
    "InputError",
    "LabelConfig",
    "Progress",
    "Run",
    "SegmentConfig",
    "SharpenConfig",
    "SourceError",
    "__version__",
    "activate",
    "choices",
    "compare",
    "create_backbone",
    "create_segmenter",
    "demo",
    "dense_crf",
    "diagnose",
    "explain",
    "inspect",
    "load_classifier",
    "load_segmenter",
    "open_run",
    "pack",
    "predict",
    "propose",
    "push",
    "read_dataset",
    "run",
    "run_stage",
    "to_mask",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has under that name
    if name not in _HOMES:
        raise AttributeError(f"module 'tag2mask' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
