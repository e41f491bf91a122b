"""The final mask of a photo, with and without annotations."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from tag2mask.annotation.constraint import Constraint, Source
from tag2mask.annotation.records import Box
from tag2mask.core.contracts import IGNORE
from tag2mask.stages.evaluate.final_mask import final_mask

TAGGED = np.array([[1, 1, 0], [2, 2, 0]], np.uint8)
PSEUDO = np.array([[0, 255, 0], [255, 1, 255]], np.uint8)


def constraint(
    certain: object = IGNORE, *, undecidable: object = False, boxes: tuple[Box, ...] = ()
) -> Constraint:
    """Annotate a photo of 2 x 3 pixels."""
    labels = np.broadcast_to(np.asarray(certain, np.uint8), (2, 3)).copy()
    source = np.where(labels == IGNORE, Source.NONE, Source.MASK).astype(np.uint8)
    return Constraint(labels, source, np.broadcast_to(undecidable, (2, 3)).astype(bool), boxes)


def test_without_annotations_it_is_the_networks() -> None:
    """The pseudo mask does not count, wherever it differs."""
    assert_array_equal(final_mask(TAGGED, PSEUDO, None), TAGGED)


def test_an_annotated_photo_keeps_its_pseudo_mask() -> None:
    """The network fills in what is undecided, but not what a person calls undecidable."""
    found = final_mask(TAGGED, PSEUDO, constraint(undecidable=[[0, 0, 0], [1, 0, 0]]))
    assert_array_equal(found, [[0, 1, 0], [255, 1, 0]])


def test_annotated_pixels_win() -> None:
    """Also over what the network fills in."""
    drawn = np.full((2, 3), IGNORE)
    drawn[0, :2] = 2
    assert_array_equal(final_mask(TAGGED, PSEUDO, constraint(drawn)), [[2, 2, 0], [2, 1, 0]])


def test_nothing_is_filled_in_outside_of_boxes() -> None:
    """A boxed class is only where its boxes are."""
    box = Box(2, left=1, top=0, right=3, bottom=2)
    found = final_mask(TAGGED, PSEUDO, constraint(boxes=(box,)))
    assert_array_equal(found, [[0, 1, 0], [255, 1, 0]])
