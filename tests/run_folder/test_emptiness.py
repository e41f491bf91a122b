"""Masks that should show a tag and do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.core.contracts import IGNORE
from tag2mask.data import Photo, read_dataset
from tag2mask.run_folder.emptiness import lacks_tags

SIZE = (24, 40)


@pytest.fixture
def photos(tmp_path: Path) -> dict[str, Photo]:
    """Give a photo without annotations, two with masks of background, and one without a tag."""
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    names = ("plain", "whole", "half", "untagged")
    rows = [f"images/{name}.png,{'' if name == 'untagged' else 'cat'},train" for name in names]
    for seed, name in enumerate(names):
        pixels = np.random.default_rng(seed).integers(0, 255, (*SIZE, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / f"{name}.png")
    (tmp_path / "tags.csv").write_text("\n".join(["image,tags,split", *rows]), encoding="utf-8")
    drawn = np.zeros(SIZE, np.uint8)
    Image.fromarray(drawn).save(tmp_path / "annotations" / "whole.png")
    drawn[:12] = IGNORE
    Image.fromarray(drawn).save(tmp_path / "annotations" / "half.png")
    return {photo.name: photo for photo in read_dataset(tmp_path).photos}


@pytest.mark.parametrize(("name", "lacks"), [
    ("plain", True), ("half", True), ("whole", False), ("untagged", False)])
def test_an_empty_mask_lacks_tags(photos: dict[str, Photo], name: str, lacks: bool) -> None:
    """Unless a person has drawn all of it as background; undecided pixels are no class."""
    empty = np.zeros(SIZE, np.uint8)
    empty[0] = IGNORE
    assert lacks_tags(photos[name], empty, 2) == lacks
    empty[1, 1] = 1
    assert not lacks_tags(photos[name], empty, 2)
