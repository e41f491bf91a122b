"""What a person gave beyond tags: points, boxes, scribbles and masks, and what follows from them.

`records` holds what was given, `constraint` turns it into what is certain and what is possible per
pixel of one photo, `costs` estimates the seconds it took.
"""

from __future__ import annotations

from tag2mask.annotation.constraint import Constraint, Source, constrain
from tag2mask.annotation.costs import Amounts, AnnotationConfig, count_amounts
from tag2mask.annotation.records import Annotation, Box, Point, Scribble

__all__ = [
    "Amounts", "Annotation", "AnnotationConfig", "Box", "Constraint", "Point", "Scribble",
    "Source", "constrain", "count_amounts",
]
