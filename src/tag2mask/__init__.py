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

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tag2mask.crf.click_regions import Click, propose
    from tag2mask.data import read_dataset
    from tag2mask.maps import activate
    from tag2mask.models.backbones import create_backbone
    from tag2mask.models.segmenters import create_segmenter
    from tag2mask.pipeline import run
    from tag2mask.prediction.predict import load_segmenter
    from tag2mask.pseudo_masks import to_mask
    from tag2mask.sharpening.dense_crf import dense_crf
    from tag2mask.strategies.loading import load_classifier

__version__ = "0.1.0"

_HOMES = {
    "run": "tag2mask.pipeline",
    "load_classifier": "tag2mask.strategies.loading",
    "activate": "tag2mask.maps",
    "to_mask": "tag2mask.pseudo_masks",
    "load_segmenter": "tag2mask.prediction.predict",
    "read_dataset": "tag2mask.data",
    "create_backbone": "tag2mask.models.backbones",
    "create_segmenter": "tag2mask.models.segmenters",
    "dense_crf": "tag2mask.sharpening.dense_crf",
    "Click": "tag2mask.crf.click_regions",
    "propose": "tag2mask.crf.click_regions",
}
"""Where each public name lives."""

__all__ = ["Click", "__version__", "activate", "create_backbone", "create_segmenter", "dense_crf",
           "load_classifier", "load_segmenter", "propose", "read_dataset", "run", "to_mask"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has under that name
    if name not in _HOMES:
        raise AttributeError(f"module 'tag2mask' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
