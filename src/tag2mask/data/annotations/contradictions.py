"""Contradictions between the annotations of one photo, or between annotations and tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tag2mask.annotation.records import Annotation
from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.data.annotations.given_masks import ReadMask
from tag2mask.data.annotations.overruled_shapes import holds, overruled_shapes
from tag2mask.data.dataset import Photo

_CHECKS = {
    "points": "Points outside of all boxes of their class",
    "scribbles": "Scribbles that leave all boxes of their class",
}


def contradictions(
    photos: Sequence[Photo], classes: Sequence[str], masks: Sequence[ReadMask]
) -> list[str]:
    """Return a sentence for each kind of contradiction, with its count and the first example.

    Args:
        photos: photos with annotations, and with the tags that these add.
        classes: class names of the data set.
        masks: masks as read, with the annotations that they contradict.
    """
    annotated = [(photo, photo.annotation) for photo in photos if photo.annotation]
    lines = []
    for kind, what in _CHECKS.items():
        found = [(photo, label) for photo, given in annotated
                 for label in _outside_boxes(given, kind)]
        if found:
            photo, label = found[0]
            lines.append(f"{what} ({len(found):,}), which are kept; the first is of "
                         f"{classes[label - 1]} on {photo.name}.")
    lines += overruled_shapes(annotated)
    lines += _overruled(masks)
    return lines + _missing_in_masks(annotated, classes)


def _outside_boxes(given: Annotation, kind: str) -> Iterator[int]:
    """Yield the labels of shapes that extend beyond all boxes of their class."""
    boxed = {box.label for box in given.boxes}
    places = [(p.label, ((p.x, p.y),)) for p in given.points] if kind == "points" else \
        [(s.label, s.points) for s in given.scribbles]
    for label, path in places:
        if label in boxed and BACKGROUND < label < IGNORE:
            own = [box for box in given.boxes if box.label == label]
            if not all(any(holds(box, x, y) for box in own) for x, y in path):
                yield label


def _overruled(masks: Sequence[ReadMask]) -> list[str]:
    """Report masks that contradict points and boxes."""
    lines = []
    for kind in ("points", "boxes"):
        found = [mask for mask in masks if mask.overruled.get(kind)]
        count = sum(mask.overruled[kind] for mask in found)
        if count:
            lines.append(f"{kind.capitalize()} that masks in annotations/ contradict ({count:,}); "
                         f"the masks win; the first is on {found[0].photo.name}.")
    return lines


def _missing_in_masks(
    annotated: Sequence[tuple[Photo, Annotation]], classes: Sequence[str]
) -> list[str]:
    """Report complete masks that lack a class that the photo is tagged with.

    Small objects may be undecided as a whole, so nearly complete masks count only if they are
    empty.
    """
    found = [
        (photo, missing) for photo, given in annotated
        if given.mask and (given.mask.complete or (given.nearly_complete and not given.classes))
        and (missing := [tag for tag in photo.tags if tag + 1 not in given.mask.labels])
    ]
    if not found:
        return []
    photo, missing = found[0]
    names = ", ".join(classes[tag] for tag in missing)
    return [f"Complete masks in annotations/ without a class that the photo is tagged with "
            f"({len(found):,}); the pixels follow the mask; the first is {photo.name} ({names})."]
