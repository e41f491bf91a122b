"""The stages in the order in which they run. The order is defined only here.

Importing this package is cheap: a stage's code is loaded when the stage runs.
"""

from __future__ import annotations

from tag2mask.stages.activate import STAGE as _ACTIVATE
from tag2mask.stages.classify import STAGE as _CLASSIFY
from tag2mask.stages.evaluate import STAGE as _EVALUATE
from tag2mask.stages.label import STAGE as _LABEL
from tag2mask.stages.report import STAGE as _REPORT
from tag2mask.stages.segment import STAGE as _SEGMENT
from tag2mask.stages.sharpen import STAGE as _SHARPEN
from tag2mask.stages.stage import Stage

STAGES = (_CLASSIFY, _ACTIVATE, _SHARPEN, _LABEL, _SEGMENT, _EVALUATE, _REPORT)

__all__ = ["STAGES", "Stage"]
