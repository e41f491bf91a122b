"""Shapes that other shapes of the same photo overrule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tag2mask.annotation.painting import paint_scribbles
from tag2mask.annotation.records import Annotation, Box
from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.data.dataset import Photo

_SIDE = 512
"""Long side at which scribbles are compared, in pixels; large photos would take long."""


def overruled_shapes(annotated: Sequence[tuple[Photo, Annotation]]) -> Iterator[str]:
    """Yield a sentence for each kind of overruled shape, with its count and the first example."""
    for what, count in _KINDS:
        found = [(photo.name, number) for photo, given in annotated if (number := count(given))]
        if found:
            yield f"{what} ({sum(number for _, number in found):,}); the first is on {found[0][0]}."


def holds(box: Box, x: float, y: float) -> bool:
    """Return whether a box touches the pixel at a place."""
    rows, columns = box.pixels
    return bool(rows.start <= y < rows.stop and columns.start <= x < columns.stop)


def _points_on_points(given: Annotation) -> int:
    at: dict[tuple[int, int], set[int]] = {}
    for point in given.points:
        at.setdefault((int(point.x), int(point.y)), set()).add(point.label)
    return sum(len(labels) - 1 for labels in at.values())


def _points_on_background(given: Annotation) -> int:
    ground = _background(given)
    return sum(any(holds(box, point.x, point.y) for box in ground)
               for point in given.points if BACKGROUND < point.label < IGNORE)


def _boxes_on_background(given: Annotation) -> int:
    ground = _background(given)
    return sum(any(holds(outer, box.left, box.top) and outer.right >= box.right
                   and outer.bottom >= box.bottom for outer in ground)
               for box in given.boxes if BACKGROUND < box.label < IGNORE)


def _background(given: Annotation) -> list[Box]:
    return [box for box in given.boxes if box.label == BACKGROUND]


def _scribbles_under_scribbles(given: Annotation) -> int:
    """Count scribbles most of whose pixels later ones of other labels cover."""
    strokes = given.scribbles
    if len({stroke.label for stroke in strokes}) < 2:
        return 0
    reach = max(max(x, y) + stroke.width for stroke in strokes for x, y in stroke.points)
    scale = min(1.0, _SIDE / max(reach, 1.0))
    size = (int(reach * scale) + 1,) * 2
    strokes = tuple(
        replace(stroke, width=stroke.width * scale,
                points=tuple((x * scale, y * scale) for x, y in stroke.points))
        for stroke in strokes)
    _, last = paint_scribbles(strokes, size)
    own = ((stroke.label, paint_scribbles([stroke], size)[0]) for stroke in strokes)
    return sum(bool((last[where] != label).mean() > 0.5) for label, where in own)


_KINDS = (
    ("Points on a pixel of a point of another class, of which the last counts", _points_on_points),
    ("Points in boxes of background, which count", _points_on_background),
    ("Boxes of a class in boxes of background, which count", _boxes_on_background),
    ("Scribbles under later ones of another class, which count", _scribbles_under_scribbles),
)
