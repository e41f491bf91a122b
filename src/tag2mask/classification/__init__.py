"""Classifiers that learn from tags: backbone, class head, pooling."""

from __future__ import annotations

from tag2mask.classification.classifier import ClassHead, Classifier

__all__ = ["ClassHead", "Classifier"]
