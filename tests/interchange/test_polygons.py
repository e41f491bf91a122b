"""Polygons of masks and masks of polygons."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.interchange.parts import part_numbers
from tag2mask.interchange.polygons import bridged, fill, line, simplify, trace


def random_masks() -> list[np.ndarray]:
    """Draw masks of all densities; the sparse ones are full of lone pixels and corners."""
    draw = np.random.default_rng(1)
    return [draw.random(draw.integers(1, 25, 2)) < draw.random() for _ in range(60)]


@pytest.mark.parametrize("mask", random_masks())
def test_contours_and_bridged_contours_fill_the_same_pixels(mask: np.ndarray) -> None:
    """Holes and lone pixels included."""
    whole, joined = np.zeros(mask.shape, bool), np.zeros(mask.shape, bool)
    for contour in trace(mask):
        part = fill(contour.outer, mask.shape)
        for hole in contour.holes:
            assert not (fill(hole, mask.shape) & ~part).any()
            part &= ~fill(hole, mask.shape)
        whole |= part
        joined |= fill(bridged(contour), mask.shape)
    assert (whole == mask).all()
    assert (joined == mask).all()


def test_an_empty_mask_has_no_contour() -> None:
    """Nor a ring."""
    assert trace(np.zeros((3, 4), bool)) == []


def test_a_box_holds_its_pixels() -> None:
    """Coordinates are those of pixels' edges, so the last row and column are not lost."""
    mask = fill([[2, 1], [5, 1], [5, 4], [2, 4]], (6, 9))
    assert (mask.sum(), mask[1:4, 2:5].all()) == (9, True)


def test_fractional_corners_take_pixels_whose_centre_is_inside() -> None:
    """The last row of the photo too."""
    mask = fill([[0, 0], [8.6, 0], [8.6, 5.51], [0, 5.51]], (6, 9))
    assert mask.all()


def test_what_lies_outside_is_cut_off() -> None:
    """On all sides."""
    assert fill([[-50, -50], [90, -50], [90, 90], [-50, 90]], (4, 7)).all()
    assert not fill([[50, 50], [90, 50], [90, 90]], (4, 7)).any()


@pytest.mark.parametrize(("ring", "why"), [
    ([[1, 1], [2, 2]], "three corners, not 2"), ([[0, 0], [1, np.nan], [3, 3]], "no number"),
    (np.zeros((600_000, 2)), "600,000 corners"),
])
def test_polygons_that_are_none(ring: object, why: str) -> None:
    """Too few corners, too many, or no numbers."""
    with pytest.raises(ValueError, match=why):
        fill(np.asarray(ring, float), (4, 7))


def test_many_corners_fill_what_few_do() -> None:
    """Edges are taken a few thousand at a time."""
    x = np.linspace(0, 30, 30_000)
    ring = np.concatenate((np.stack((x, np.full_like(x, 2)), 1),
                           np.stack((x[::-1], np.full_like(x, 9)), 1)))
    assert (fill(ring, (12, 40)) == fill([[0, 2], [30, 2], [30, 9], [0, 9]], (12, 40))).all()


def test_lines_are_a_pixel_wide() -> None:
    """Ends included."""
    mask = line([[0.5, 0.5], [4.5, 0.5], [4.5, 2.5]], (4, 7))
    assert mask.sum() == 7


def test_simplifying_leaves_out_corners_and_stays_near() -> None:
    """A staircase becomes a slope."""
    mask = np.tril(np.ones((30, 30), bool))
    ring = trace(mask)[0].outer
    plain = simplify(ring, 1.0)
    assert len(plain) < len(ring) / 4
    assert (fill(plain, mask.shape) != mask).sum() <= 60
    assert simplify(ring, 0) is ring


def test_parts_that_share_a_corner() -> None:
    """One part with corners, two without; numbered by their first pixels."""
    mask = np.array([[0, 1, 0, 0, 1], [1, 0, 0, 0, 1], [1, 0, 1, 1, 1]], bool)
    with_corners, count = part_numbers(mask)
    assert (count, with_corners.tolist()) == (2, [[0, 1, 0, 0, 2], [1, 0, 0, 0, 2],
                                                  [1, 0, 2, 2, 2]])
    assert part_numbers(mask, corners=False)[1] == 3
