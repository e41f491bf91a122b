"""Measure how much of its box an object of each class covers, on the masks of annotated photos."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tag2mask.core.contracts import BACKGROUND
from tag2mask.data.annotations import load_constraint
from tag2mask.data.dataset import Photo
from tag2mask.metrics.component_boxes import component_boxes
from tag2mask.pseudo_masks.guiding import FILLING

_USUAL = 4
"""Number of objects that the usual rate counts for, so that few masks change it little."""

_LEAST = 12
"""Minimum area of an object in pixels; smaller parts are mostly cut off from others."""


def filling_rates(photos: Sequence[Photo], num_labels: int) -> dict[int, float]:
    """Return the filling rate of each class that occurs in a nearly complete mask, by label.

    Song et al., "Box-driven class-wise region masking and filling rate guided loss" (CVPR 2019).

    Differs from the paper: the rates come from masks that a person made, not from a CRF inside the
    boxes; those did not correlate with the true rates.

    Args:
        photos: the training photos.
        num_labels: K + 1.

    Returns:
        {} if no photo has a box, or none has such a mask.
    """
    if not any(photo.annotation and photo.annotation.boxes for photo in photos):
        return {}
    found: dict[int, list[float]] = {}
    for photo in photos:
        constraint = load_constraint(photo, num_labels) \
            if photo.annotation and photo.annotation.nearly_complete else None
        if constraint is not None:
            for label in np.unique(constraint.certain[constraint.known]).tolist():
                if label != BACKGROUND:
                    found.setdefault(label, []).extend(_rates(constraint.certain == label))
    return {label: (sum(rates) + _USUAL * FILLING) / (len(rates) + _USUAL)
            for label, rates in found.items()}


def _rates(mask: np.ndarray) -> list[float]:
    parts = [mask[top:bottom, left:right]
             for top, left, bottom, right in component_boxes(mask).tolist()]
    return [float(part.mean()) for part in parts if part.sum() >= _LEAST]
