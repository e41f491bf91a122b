"""Anomaly data sets: normal photos in train, defects in test."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from drawing import draw, splits, tags

from tag2mask.core.contracts import InputError
from tag2mask.data.readers import read_dataset


@pytest.fixture
def bottle(tmp_path: Path) -> Path:
    """Eight normal photos in train; four normal ones and two kinds of defects in test."""
    return draw(tmp_path / "bottle", "train/good/{0..7}.png", "test/good/{0..3}.png",
                "test/crack/{0..5}.png", "test/dent/{0..1}.png",
                "ground_truth/crack/{0..5}_mask.png", "ground_truth/dent/0_mask.png")


def test_defects_are_classes(bottle: Path) -> None:
    """Normal photos have no tag, and both train and val have each defect."""
    data = read_dataset(bottle)
    assert data.layout == "mvtec"
    assert data.classes == ("crack", "dent")
    assert tags(data)["train/good/0"] == ""
    counts = Counter((split, tags(data)[name]) for name, split in splits(data).items())
    assert counts == {("train", ""): 10, ("val", ""): 2, ("train", "crack"): 4,
                      ("val", "crack"): 2, ("train", "dent"): 1, ("val", "dent"): 1}


def test_masks_are_those_of_the_same_defect(bottle: Path) -> None:
    """Every defect counts from 0, so the folder decides; what is missing is counted."""
    data = read_dataset(bottle)
    masks = {p.name: p.mask.parent.name for p in data.photos if p.mask}
    assert masks["test/dent/0"] == "dent"
    assert masks["test/crack/0"] == "crack"
    assert len(masks) == 7
    assert "train has normal photos alone" in data.notices[0]
    assert "1 of 8 photos with a defect" in data.notices[1]


def test_other_names(tmp_path: Path) -> None:
    """BTAD calls them ok and ko."""
    root = draw(tmp_path, "train/ok/{0..3}.png", "test/ok/1.png", "test/ko/{0..2}.png")
    assert read_dataset(root).classes == ("ko",)


def test_several_products(bottle: Path) -> None:
    """One level too high: each is a data set of its own."""
    draw(bottle.parent / "cable", "train/good/1.png", "test/cut/1.png")
    with pytest.raises(InputError, match=r"several data sets \(bottle and cable\)"):
        read_dataset(bottle.parent)
