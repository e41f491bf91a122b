"""Labels of stored pixels are turned as viewers turn the photo, in all eight ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.data.photos import load_photo
from tag2mask.interchange.labelled import Box, LabelledPhoto, Point
from tag2mask.interchange.orientation import orientation, turned

STORED = np.arange(15, dtype=np.uint8).reshape(3, 5)


@pytest.mark.parametrize("value", range(1, 9))
def test_labels_boxes_and_points_go_with_the_photo(value: int, tmp_path: Path) -> None:
    """Pixel by pixel, against the reader of photos."""
    path, exif = tmp_path / "a.png", Image.Exif()
    exif[0x0112] = value
    Image.fromarray(np.repeat(STORED[..., None], 3, axis=2)).save(path, exif=exif)
    assert orientation(path) == value
    photo = turned(LabelledPhoto(
        file="a.png", path=path, size=(3, 5), classes=("cat",), labels=STORED,
        boxes=(Box(class_name="cat", left=1, top=0, right=3, bottom=1),),
        points=(Point(class_name="cat", x=4.5, y=2.5),)), value)
    upright = load_photo(path)[..., 0]
    assert photo.size == upright.shape
    assert photo.labels is not None
    assert (photo.labels == upright).all()
    box, point = photo.boxes[0], photo.points[0]
    inside = upright[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    assert sorted(inside.ravel().tolist()) == [1, 2]
    assert upright[int(point.y), int(point.x)] == 14


@pytest.mark.parametrize("value", [0, 9])
def test_values_that_do_not_exist_are_upright(value: int, tmp_path: Path) -> None:
    """As photos are read."""
    exif = Image.Exif()
    exif[0x0112] = value
    Image.fromarray(STORED).save(tmp_path / "a.png", exif=exif)
    assert orientation(tmp_path / "a.png") == 1
