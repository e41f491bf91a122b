"""Activation maps: where a classifier saw each class.

`activate` does it all; `METHODS` are the ways of reading. A new one is one module, or one formula
in `weightings`, and one line in `methods`.
"""

from __future__ import annotations

from tag2mask.activation.activate import activate
from tag2mask.activation.methods import METHODS, find_method
from tag2mask.activation.multi_scale import multi_scale
from tag2mask.activation.normalising import NORMALISATIONS, normalise_max
from tag2mask.activation.targets import region

__all__ = [
    "METHODS", "NORMALISATIONS", "activate", "find_method", "multi_scale", "normalise_max",
    "region",
]
