"""What a run folder's data.json holds of annotations."""

from __future__ import annotations

from collections.abc import Mapping
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
    return given
