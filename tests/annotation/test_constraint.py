"""What is certain and possible, for shapes alone and for all mixed at random."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.annotation.constraint import Source, constrain
from tag2mask.annotation.records import Annotation, Box, Point, Scribble
from tag2mask.core.contracts import IGNORE

SIZE = (24, 40)


def test_a_point_is_one_pixel() -> None:
    """X is the column, and the fraction of a pixel does not count."""
    made = constrain(Annotation(points=(Point(2, 30.9, 5.2),)), SIZE)
    assert made.certain[5, 30] == 2
    assert made.known.sum() == 1
    assert made.source[5, 30] == Source.POINT


def test_a_class_is_impossible_outside_of_its_boxes() -> None:
    """Right and bottom are exclusive; other classes stay possible everywhere."""
    boxes = (Box(1, 4, 2, 10, 6), Box(1, 20, 10, 22, 12))
    made = constrain(Annotation(boxes=boxes), SIZE, tags=(0, 1))
    expected = np.zeros(SIZE, bool)
    expected[2:6, 4:10] = expected[10:12, 20:22] = True
    np.testing.assert_array_equal(made.possible(1), expected)
    assert made.possible(2).all()
    assert not made.known.any()


def test_background_is_certain_where_all_tags_are_boxed() -> None:
    """Nothing else can be there; inside of the boxes all is open."""
    made = constrain(Annotation(boxes=(Box(1, 4, 2, 10, 6),)), SIZE, tags=(0,))
    assert (made.certain == 0).sum() == 24 * 40 - 4 * 6
    assert (made.certain[2:6, 4:10] == IGNORE).all()


def test_a_scribble_is_as_wide_as_its_pen() -> None:
    """And a stroke of one place is a dot."""
    made = constrain(Annotation(scribbles=(Scribble(1, 3, ((5, 10), (30, 10))),)), SIZE)
    np.testing.assert_array_equal(np.flatnonzero(made.known[:, 15]), [9, 10, 11])
    assert constrain(Annotation(scribbles=(Scribble(1, 1, ((5, 10),)),)), SIZE).certain[10, 5] == 1


def test_later_strokes_cover_earlier_ones_also_with_undecided_pixels() -> None:
    """Strokes of one photo share a picture; those that leave it are cut off at its border."""
    strokes = (Scribble(1, 3, ((0, 10), (39, 10))), Scribble(IGNORE, 1, ((20, -5), (20, 30))),
               Scribble(0, 1, ((30, 12), (30, 10), (60, 10))), Scribble(254, 1, ((3, 11),)))
    made = constrain(Annotation(scribbles=strokes), SIZE)
    np.testing.assert_array_equal(made.certain[10, [0, 19, 20, 21, 29, 30, 39]],
                                  [1, 1, IGNORE, 1, 1, 0, 0])
    assert made.certain[11, 3] == 254
    assert made.undecidable.sum() == SIZE[0]
    assert made.undecidable[:, 20].all()
    assert (made.source[made.known] == Source.SCRIBBLE).all()
    assert not made.source[~made.known & ~made.undecidable].any()


def test_masks_win_over_scribbles_and_these_over_points() -> None:
    """Undecided is a decision of its own, which a mask overrules."""
    mask = np.full(SIZE, IGNORE, np.uint8)
    mask[:, 20:] = 3
    given = Annotation(
        points=(Point(1, 5, 10), Point(1, 6, 10), Point(2, 6, 10), Point(1, 30, 10)),
        scribbles=(Scribble(2, 1, ((5, 10),)), Scribble(IGNORE, 1, ((8, 10), (22, 10)))),
    )
    made = constrain(given, SIZE, mask)
    assert made.certain[10, 5] == 2
    assert made.certain[10, 6] == 2  # the later row
    assert made.certain[10, 30] == 3
    assert made.undecidable[10, 8:20].all()
    assert not made.undecidable[10, 20:].any()


def test_a_click_is_never_lost_on_a_coarser_grid() -> None:
    """Cells have the label that most of their certain pixels have."""
    given = Annotation(points=(Point(1, 39, 23), Point(2, 0, 0), Point(2, 1, 0), Point(1, 2, 1)))
    coarse = constrain(given, SIZE).at((6, 10))
    assert coarse.certain[5, 9] == 1
    assert coarse.certain[0, 0] == 2
    assert coarse.known.sum() == 2


@pytest.mark.parametrize("seed", range(20))
def test_masks_obey_pixel_for_pixel(seed: int) -> None:
    """Whatever was decided before: the property that pseudo masks are built on."""
    rng = np.random.default_rng(seed)

    def label() -> int:
        return int(rng.choice([0, 1, 2, 3, IGNORE]))

    def place() -> tuple[float, float]:
        return float(rng.uniform(0, SIZE[1])), float(rng.uniform(0, SIZE[0]))

    boxes = []
    for _ in range(rng.integers(4)):
        (a, b), (c, d) = place(), place()
        boxes.append(Box(label(), min(a, c), min(b, d), max(a, c) + 0.1, max(b, d) + 0.1))
    given = Annotation(
        points=tuple(Point(label(), *place()) for _ in range(rng.integers(6))),
        boxes=tuple(boxes),
        scribbles=tuple(Scribble(label(), 3, (place(), place())) for _ in range(rng.integers(3))),
    )
    drawn = rng.choice([0, 1, 2, 3, IGNORE], SIZE, p=[0.05] * 4 + [0.8]).astype(np.uint8)
    made = constrain(given, SIZE, drawn if seed % 2 else None, tags=(0, 1, 2))
    obeys = made.apply(rng.choice([0, 1, 2, 3, IGNORE], SIZE).astype(np.uint8))
    known = made.known
    np.testing.assert_array_equal(obeys[known], made.certain[known])
    assert (obeys[made.undecidable] == IGNORE).all()
    for own in (1, 2, 3):
        assert not ((obeys == own) & ~made.possible(own)).any()
