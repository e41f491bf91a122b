"""Tables that mix pixels with shares of width and height."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn_data import draw, given, said, write

from tag2mask.annotation.records import Point
from tag2mask.core.contracts import InputError
from tag2mask.data import read_dataset

PIXELS = [f"{n},{'dog' if n % 2 else 'cat'},{6 * n + 1},{4 * n + 1}" for n in range(6)] * 3


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give six photos of 300 x 200 with tags."""
    return draw(tmp_path / "data", size=(300, 200))


def test_a_row_of_shares_among_pixels_is_left_out(root: Path) -> None:
    """And named; it would be a click into the corner of the photo."""
    write(root, "points.csv", [*PIXELS, "0,cat,0.4,0.7"])
    data = read_dataset(root)
    assert given(data, "0").points == (Point(1, 1, 1),) * 3
    assert "1 row with coordinates from 0 to 1 among rows in pixels" in said(data)
    assert "the first is row 20 (0)" in said(data)


@pytest.mark.parametrize(("shares", "pixels", "row"), [(4, 9, "row 2"), (12, 2, "row 14")])
def test_a_table_of_both_is_refused(root: Path, shares: int, pixels: int, row: str) -> None:
    """The message names the first row of the rarer kind."""
    rows = [f"0,cat,0.{n + 1:02d},0.5" for n in range(shares)]
    write(root, "points.csv", [*rows, *PIXELS[1 : pixels + 1]])
    with pytest.raises(InputError, match=rf"have coordinates from 0 to 1 and .* see {row} "):
        read_dataset(root)


def test_strokes_and_boxes_are_compared_as_a_whole(root: Path) -> None:
    """A box that begins in the first pixel is a box."""
    boxes = [f"{n},{'dog' if n % 2 else 'cat'},0.5,0.5,{9 * n + 9},80" for n in range(6)]
    write(root, "boxes.csv", [*boxes, "2,cat,0.1,0.2,0.5,0.75"])
    data = read_dataset(root)
    assert len(given(data, "2").boxes) == 1
    assert "1 row with coordinates from 0 to 1" in said(data)


def test_clicks_on_the_first_pixel_of_tiny_photos_are_kept(tmp_path: Path) -> None:
    """There they are not unlikely."""
    root = draw(tmp_path / "tiny", size=(8, 6))
    write(root, "points.csv", ["0,cat,0.5,0.5", *(f"{2 * (n % 3)},cat,{n},{n % 6}.5"
                                                  for n in range(8))])
    data = read_dataset(root)
    assert Point(1, 0.5, 0.5) in given(data, "0").points
    assert "from 0 to 1" not in said(data)
