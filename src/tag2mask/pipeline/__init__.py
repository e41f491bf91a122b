"""Run the stages in order, each only if its inputs or settings changed.

Functions are loaded on first use: a prediction does not wait for what only training needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tag2mask.pipeline.embedded_example import DEMO_SETTINGS, demo
    from tag2mask.pipeline.runner import run, run_stage
    from tag2mask.prediction.predict import predict

__all__ = ["DEMO_SETTINGS", "demo", "predict", "run", "run_stage"]

_HOMES = {
    "DEMO_SETTINGS": "tag2mask.pipeline.embedded_example",
    "demo": "tag2mask.pipeline.embedded_example",
    "predict": "tag2mask.prediction.predict",
    "run": "tag2mask.pipeline.runner",
    "run_stage": "tag2mask.pipeline.runner",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module has under that name
    if name not in _HOMES:
        raise AttributeError(f"module 'tag2mask.pipeline' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
