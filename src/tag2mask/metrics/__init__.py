"""Metrics for masks, maps and tag probabilities. They take arrays and do not access files."""

from __future__ import annotations

from tag2mask.metrics.average_precision import average_precision, best_f1_threshold
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.metrics.thresholds import ThresholdCurve

__all__ = ["ConfusionMatrix", "ThresholdCurve", "average_precision", "best_f1_threshold"]
