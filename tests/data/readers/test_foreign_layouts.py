"""Layouts that are named with the command that converts them, and folders one level too high."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawing import draw, tags, write

from tag2mask.core.contracts import InputError
from tag2mask.data.readers import read_dataset

BOX = "0 0.5 0.5 0.25 0.25\n"
COCO = '{"images": [], "annotations": [], "categories": []}'


@pytest.mark.parametrize(
    ("photo", "file", "text", "name"),
    [
        ("images/train/1.png", "labels/train/1.txt", BOX, "YOLO"),
        ("images/1.png", "labels/1.txt", "1 .1 .1 .2 .2 .3 .1\n", "YOLO"),
        ("train/images/1.png", "train/labels/1.txt", BOX, "YOLO"),
        ("images/train/1.png", "data.yaml", "train: images/train\nval: x\nnames: [a]\n", "YOLO"),
        ("train/images/1.png", "coco128.yml", "path: .\ntrain: a\nnc: 1\n", "YOLO"),
        ("train2017/1.png", "annotations/instances_train2017.json", COCO, "COCO"),
        ("train/1.png", "train/_annotations.coco.json", COCO, "COCO"),
        ("images/1.png", "labels.json", COCO, "COCO"),
    ],
)
def test_foreign_layouts(tmp_path: Path, photo: str, file: str, text: str, name: str) -> None:
    """One sentence with the command."""
    write(draw(tmp_path, photo) / file, text)
    with pytest.raises(InputError, match=f"is a {name} data set.*tag2mask import .* --data DATA"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    ("file", "text"),
    [("data.yaml", "train: .\nval: .\nnames: [cat, dog]\n"),
     ("notes.json", COCO), ("labels/readme.txt", "1 is cat\n"), ("x.yaml", "a: 1")],
)
def test_class_folders_with_other_files(tmp_path: Path, file: str, text: str) -> None:
    """Tags are known, whatever else there is."""
    write(draw(tmp_path, "cat/{0..9}.png", "dog/{0..9}.png") / file, text)
    data = read_dataset(tmp_path)
    assert data.classes == ("cat", "dog")
    assert data.notices == ()


@pytest.mark.parametrize("around", ["set", "outer/inner"])
def test_a_data_set_further_down(tmp_path: Path, around: str) -> None:
    """It is read there, and said."""
    root = draw(tmp_path / around, "a.png")
    write(root / "tags.csv", "image,tags\na.png,cat\n")
    data = read_dataset(tmp_path)
    assert tags(data) == {"a": "cat"}
    assert data.root == root
    assert f"found in the folder {around} of" in data.notices[0]


def test_class_folders_further_down(tmp_path: Path) -> None:
    """A folder around classes is no class; one around a patient's series is."""
    data = read_dataset(draw(tmp_path / "a", "PetImages/cat/{0..9}.png", "PetImages/dog/1.png"))
    assert data.classes == ("cat", "dog")
    data = read_dataset(draw(tmp_path / "b", "cat/day1/{0..9}.png", "cat/day2/1.png"))
    assert data.classes == ("cat",)


def test_several_data_sets(tmp_path: Path) -> None:
    """Which one is meant is not known."""
    for year in ("VOC2007", "VOC2012"):
        draw(tmp_path / year, "JPEGImages/1.png")
    with pytest.raises(InputError, match=r"several data sets \(VOC2007 and VOC2012\)"):
        read_dataset(tmp_path)


def test_a_data_set_beside_other_photos(tmp_path: Path) -> None:
    """Neither is left out without a word."""
    draw(tmp_path, "VOC2007/JPEGImages/1.png", "more/1.png")
    with pytest.raises(InputError, match=r"a data set and other photos \(VOC2007 and more\)"):
        read_dataset(tmp_path)
