"""Classifiers that learn from tags: backbone, class head, pooling."""

from __future__ import annotations

from tag2mask.classification.classifier import Classifier
from tag2mask.classification.head import ClassHead, Head, precise
from tag2mask.classification.spec import ClassifierSpec

__all__ = ["ClassHead", "Classifier", "ClassifierSpec", "Head", "precise"]
