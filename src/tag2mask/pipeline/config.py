"""All settings of a run: every stage's own dataclass as one section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from tag2mask.annotation.costs import AnnotationConfig
from tag2mask.core.settings import Checked, Range, compose
from tag2mask.data.reading_rules import DataConfig
from tag2mask.stages.activate.run import ActivateConfig
from tag2mask.stages.classify.run import ClassifyConfig
from tag2mask.stages.evaluate.run import EvaluateConfig
from tag2mask.stages.label.run import LabelConfig
from tag2mask.stages.segment.run import SegmentConfig
from tag2mask.stages.sharpen.run import SharpenConfig


@dataclass(frozen=True, kw_only=True)
class Config(Checked):
    """Everything that decides a run's result, besides the data."""

    seed: Annotated[int, Range(0, 2**32 - 2)] = 0
    """Of all that is drawn at random: the same seed on the same machine gives the same masks."""
    data: DataConfig = field(default_factory=DataConfig)
    classify: ClassifyConfig = field(default_factory=ClassifyConfig)
    activate: ActivateConfig = field(default_factory=ActivateConfig)
    sharpen: SharpenConfig = field(default_factory=SharpenConfig)
    label: LabelConfig = field(default_factory=LabelConfig)
    segment: SegmentConfig = field(default_factory=SegmentConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    annotation: AnnotationConfig = field(default_factory=AnnotationConfig)


def load_config(file: Path | None = None, overrides: Sequence[str] = ()) -> Config:
    """Read the settings: defaults, then the file, then `section.key=value`.

    Raises:
        InputError: a misspelt key, a wrong type, a value out of its limits, an unreadable file.
    """
    return compose(Config, files=[file] if file else [], overrides=overrides)
