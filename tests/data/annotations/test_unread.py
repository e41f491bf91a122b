"""Files with almost the name or format of annotations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_data import HEIGHT, WIDTH, draw, given, mask, said, write
from PIL import Image

from tag2mask.data import read_dataset


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give six photos with tags."""
    return draw(tmp_path / "data")


@pytest.mark.parametrize(("name", "words"), [
    ("Points.csv", "Points.csv is not read as annotations; rename it to points.csv"),
    ("box.csv", "box.csv is not read as annotations; rename it to boxes.csv"),
    ("scribbles.tsv", "scribbles.tsv is not read as annotations; rename it to scribbles.csv"),
])
def test_a_table_with_another_name_is_reported(root: Path, name: str, words: str) -> None:
    """It would be missed without a word."""
    (root / name).write_text("image,class,x,y\n0,cat,3,4\n", encoding="utf-8")
    data = read_dataset(root)
    assert words in said(data)
    assert all(photo.annotation is None for photo in data.photos)


def test_beside_the_table_itself_it_is_a_copy(root: Path) -> None:
    """Which nobody expects to be read."""
    write(root, "points.csv", ["0,cat,3,4"])
    (root / "points.txt").write_text("image,class,x,y\n", encoding="utf-8")
    data = read_dataset(root)
    assert len(given(data, "0").points) == 1
    assert "not read" not in said(data)


def test_masks_that_are_not_png_are_reported(root: Path) -> None:
    """Pictures that are named after no photo are something else."""
    mask(root, "1", np.full((HEIGHT, WIDTH), 2))
    ones = Image.fromarray(np.ones((HEIGHT, WIDTH), np.uint8))
    ones.save(root / "annotations" / "0.jpg")
    ones.save(root / "annotations" / "overview.jpg")
    data = read_dataset(root)
    assert "annotations/: 1 picture named after photos, but not PNG" in said(data)
    assert "the first is 0.jpg" in said(data)
    assert given(data, "1").complete


def test_a_nearly_complete_mask_without_the_tagged_class_is_reported(root: Path) -> None:
    """An empty photo whose border is undecided contradicts its tag like a complete mask."""
    labels = np.zeros((HEIGHT, WIDTH))
    labels[:2] = 255
    mask(root, "0", labels)
    mask(root, "1", np.full((HEIGHT, WIDTH), 2))
    assert "without a class that the photo is tagged with (1)" in said(read_dataset(root))
