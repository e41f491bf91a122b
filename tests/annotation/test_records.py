"""Annotations know what they hold."""

from __future__ import annotations

from pathlib import Path

from tag2mask.annotation.costs import AnnotationConfig, count_amounts
from tag2mask.annotation.records import (
    Annotation,
    Box,
    GivenMask,
    Point,
    Scribble,
)

MASK = GivenMask(path=Path("a.png"), digest="d", labels=(0, 2), decided=0.5)
WHOLE = Annotation(
    mask=MASK, points=(Point(1, 2.5, 3),), boxes=(Box(3, 0, 1, 2, 4),),
    scribbles=(Scribble(0, 3, ((1, 2), (3, 4))),), added_tags=(1,), alone=True,
)


def test_what_it_names() -> None:
    """Classes of every kind, without the background."""
    assert WHOLE.classes == (0, 1, 2)
    assert WHOLE.kinds == ("points", "boxes", "scribbles", "masks")
    assert not WHOLE.complete


def test_only_the_kinds_asked_for_count() -> None:
    """So that a stage that reads points alone does not repeat for a box."""
    more = Annotation(points=WHOLE.points, boxes=(*WHOLE.boxes, Box(1, 0, 0, 1, 1)))
    less = Annotation(points=WHOLE.points)
    assert more.rows(("points",)) == less.rows(("points",))
    assert more.rows(("points", "boxes")) != less.rows(("points", "boxes"))


def test_minutes() -> None:
    """By the table of seconds; half a mask costs half."""
    amounts = count_amounts(
        {"a": WHOLE, "b": None, "c": Annotation(), "d": Annotation(points=WHOLE.points * 3)}, {})
    assert (amounts.photos, amounts.points, amounts.masks) == (2, 4, 1)
    seconds = AnnotationConfig(
        point_seconds=3, box_seconds=9, scribble_seconds=12, mask_seconds=120)
    assert amounts.minutes(seconds) == (4 * 3 + 9 + 12 + 60) / 60
    assert "4 points, 1 box, 1 scribble, 1 mask" in amounts.sentence(seconds)


def test_logged_time_replaces_the_estimate_of_masks() -> None:
    """Of those that were drawn on the page; other entries of the log count for nothing."""
    seconds = AnnotationConfig(point_seconds=0, box_seconds=0, scribble_seconds=0, mask_seconds=120)
    amounts = count_amounts({"a": WHOLE, "b": WHOLE, "c": None}, {"a": 30.0, "c": 500.0})
    assert amounts.minutes(seconds) == (60 + 30) / 60
