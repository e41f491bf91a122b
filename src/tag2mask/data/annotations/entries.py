"""What a run folder's data.json holds of annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tag2mask.annotation.records import Annotation, from_entry, to_entry
from tag2mask.core.contracts import IGNORE
from tag2mask.data.dataset import Photo
from tag2mask.data.mask_reading import mask_entry, mask_of_entry


def annotation_entry(photo: Photo) -> dict[str, object]:
    """Return what is written of a photo's annotation; nothing where it has none."""
    given = photo.annotation
    if given is None:
        return {}
    entry = to_entry(given)
    if given.mask:
        entry["file"] = mask_entry(given.mask.path)
    return {"annotation": entry}


def annotation_of(photo: Mapping[str, Any], num_classes: int) -> Annotation | None:
    """Return the annotation that `annotation_entry` wrote.

    Raises:
        KeyError, TypeError, ValueError: something is missing or is not what it must be.
    """
    entry = photo.get("annotation")
    if entry is None:
        return None
    given = from_entry(entry, mask_of_entry(entry["file"]) if "file" in entry else None)
    labels = set(given.labels)
    if not labels <= {*range(num_classes + 1), IGNORE}:
        raise ValueError(f"labels {labels} for {num_classes} classes")
    if not all(0 <= tag < num_classes for tag in given.added_tags):
        raise ValueError(f"tags {given.added_tags} for {num_classes} classes")
    if not all(0 <= value < _LARGEST for value in _numbers(given)):  # nor is NaN
        raise ValueError("a coordinate that no photo has")
    return given


_LARGEST = 1e6
"""Pixels on a side of a photo, more than any has."""


def _numbers(given: Annotation) -> Iterator[float]:
    for point in given.points:
        yield from (point.x, point.y)
    for box in given.boxes:
        yield from (box.left, box.top, box.right, box.bottom)
    for scribble in given.scribbles:
        yield scribble.width
        for pair in scribble.points:
            yield from pair
