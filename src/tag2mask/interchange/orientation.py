"""EXIF orientation: conversion of annotations of the stored pixels to the upright photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tag2mask.data.mask_reading import turned as turned_mask
from tag2mask.data.photos import opened
from tag2mask.interchange.labelled import Box, LabelledPhoto, Point

_ORIENTATION = 0x0112
UPRIGHT = 1


def orientation(path: Path) -> int:
    """Return a photo's EXIF orientation, 1..8; 1 is upright.

    Raises:
        InputError: the photo cannot be opened.
    """
    with opened(path) as picture:
        try:
            value = int(picture.getexif().get(_ORIENTATION, UPRIGHT))
        except Exception:  # a photo with a broken EXIF block is still used
            return UPRIGHT
        return value if 1 <= value <= 8 else UPRIGHT


def turned(photo: LabelledPhoto, value: int) -> LabelledPhoto:
    """Transform labels of stored pixels to the upright photo.

    Args:
        photo: a photo whose size and coordinates are those of the stored pixels.
        value: EXIF orientation of the photo.
    """
    height, width = photo.size
    size = (width, height) if value >= 5 else photo.size
    return replace(
        photo, size=size,
        labels=None if photo.labels is None else np.ascontiguousarray(
            turned_mask(photo.labels, value)),
        boxes=tuple(_turn_box(box, value, photo.size) for box in photo.boxes),
        points=tuple(
            Point(class_name=point.class_name,
                  **dict(zip("xy", _place(point.x, point.y, value, photo.size), strict=True)))
            for point in photo.points),
    )


def _place(x: float, y: float, value: int, size: tuple[int, int]) -> tuple[float, float]:
    """Transform a point by an EXIF orientation (CIPA DC-008, figure of the tag Orientation)."""
    height, width = size
    if value >= 5:
        x, y, width, height = y, x, height, width
    if value in (2, 3, 6, 7):
        x = width - x
    if value in (3, 4, 7, 8):
        y = height - y
    return x, y


def _turn_box(box: Box, value: int, size: tuple[int, int]) -> Box:
    one = _place(box.left, box.top, value, size)
    other = _place(box.right, box.bottom, value, size)
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(one, other, strict=True))
    return Box(class_name=box.class_name, left=left, top=top, right=right, bottom=bottom)
