"""Classifiers that learn from tags: backbone, class head, pooling."""

from __future__ import annotations

from tag2mask.models.classifiers.classifier import Classifier
from tag2mask.models.classifiers.spec import ClassifierSpec
from tag2mask.models.heads.head import ClassHead, Head, precise

__all__ = ["ClassHead", "Classifier", "ClassifierSpec", "Head", "precise"]
