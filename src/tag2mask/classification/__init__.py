"""Classifiers that learn from tags: backbone, class head, pooling."""

from __future__ import annotations

from tag2mask.classification.classifier import ClassHead, Classifier
from tag2mask.classification.spec import ClassifierSpec

__all__ = ["ClassHead", "Classifier", "ClassifierSpec"]
