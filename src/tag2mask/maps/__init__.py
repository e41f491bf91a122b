"""Activation maps: the image regions that a classifier uses as evidence for each class.

`activate` computes them; `METHODS` lists the methods. A new method is one module, or one formula
in `weightings`, and one line in `methods`. Other packages add methods as `MethodEntry` objects,
whose function takes a `Request`.
"""

from __future__ import annotations

from tag2mask.maps.activate import activate
from tag2mask.maps.methods import METHODS, MethodEntry, find_method
from tag2mask.maps.multi_scale import multi_scale
from tag2mask.maps.normalising import NORMALISATIONS, normalise_max
from tag2mask.maps.recording import run_keeping
from tag2mask.maps.request import Request
from tag2mask.maps.targets import region

__all__ = [
    "METHODS", "NORMALISATIONS", "MethodEntry", "Request", "activate", "find_method",
    "multi_scale", "normalise_max", "region", "run_keeping",
]
