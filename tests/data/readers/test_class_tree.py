"""Folders that are classes, and folders that are splits, masks or photos of any kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawing import draw, splits, tags, write

from tag2mask.core.contracts import InputError
from tag2mask.data.readers import read_dataset
from tag2mask.data.readers.folder_names import (
    is_mask_name,
    is_photo_name,
    names_an_origin,
    split_of_folder,
)


@pytest.mark.parametrize(
    ("train", "val"),
    [("train", "valid"), ("Training", "Validation"), ("train_set", "val_set"),
     ("train2017", "val2017"), ("training_data", "validation-images"), ("seg_train", "seg_val")],
)
def test_split_folders_around_classes(tmp_path: Path, train: str, val: str) -> None:
    """Under any of their usual names."""
    data = read_dataset(draw(tmp_path, f"{train}/cat/{{0..2}}.png", f"{train}/dog/1.png",
                             f"{val}/cat/1.png"))
    assert data.classes == ("cat", "dog")
    assert splits(data)[f"{train}/cat/0"] == "train"
    assert splits(data)[f"{val}/cat/1"] == "val"
    assert data.notices == ()


def test_a_split_folder_alone(tmp_path: Path) -> None:
    """Its folders are the classes, and each class gives a photo to val, which is reported."""
    data = read_dataset(draw(tmp_path, "train/cat/{0..7}.png", "train/dog/{0..7}.png"))
    assert data.classes == ("cat", "dog")
    held_out = {tags(data)[name] for name, split in splits(data).items() if split == "val"}
    assert held_out == {"cat", "dog"}
    assert "held out" in data.notices[0]


def test_other_folders_beside_the_splits(tmp_path: Path) -> None:
    """Pictures of a README, photos of test without classes: not read, and counted."""
    data = read_dataset(draw(tmp_path, "train/cat/{0..3}.png", "val/dog/1.png", "train/dog/1.png",
                             "docs/{0..2}.png", "test/{0..4}.png"))
    assert data.classes == ("cat", "dog")
    assert len(data.photos) == 6
    assert data.left_out == ()
    told = " ".join(data.notices)
    assert "docs (3) are not read" in told
    assert "test (5) are not read" in told


@pytest.mark.parametrize("top", ["images/train", "train/images", "dataset/train", "train/train",
                                 "archive/animals/train"])
def test_folders_around(tmp_path: Path, top: str) -> None:
    """Around or inside the splits."""
    other = top.replace("train", "val")
    data = read_dataset(draw(tmp_path, f"{top}/cat/{{0..3}}.png", f"{top}/dog/1.png",
                             f"{other}/dog/2.png"))
    assert data.classes == ("cat", "dog")
    assert sorted(splits(data).values()) == ["train"] * 5 + ["val"]


def test_splits_inside_classes(tmp_path: Path) -> None:
    """As in cat/train/1.jpg: read as splits, and said."""
    data = read_dataset(draw(tmp_path, "cat/train/{0..2}.png", "cat/val/1.png", "dog/train/1.png"))
    assert data.classes == ("cat", "dog")
    assert splits(data)["cat/val/1"] == "val"
    assert splits(data)["dog/train/1"] == "train"
    assert "splits inside the class folders" in data.notices[0]


@pytest.mark.parametrize("folder", ["masks", "ground_truth", "gt", "train_masks", "Annotations"])
def test_a_folder_of_masks_beside_the_classes(tmp_path: Path, folder: str) -> None:
    """It is no class; masks are found at the same place, or by a stem that is used once."""
    root = draw(tmp_path, "cat/{0..3}.png", "dog/4.png", f"{folder}/cat/0.png", f"{folder}/4.png",
                f"{folder}/cat/1_mask.png")
    data = read_dataset(root)
    assert data.classes == ("cat", "dog")
    masks = {photo.name: photo.mask and photo.mask.name for photo in data.photos}
    assert masks == {"cat/0": "0.png", "cat/1": "1_mask.png", "cat/2": None, "cat/3": None,
                     "dog/4": "4.png"}
    assert "3 of 5 photos" in data.notices[0]


def test_masks_beside_their_photos(tmp_path: Path) -> None:
    """They are no photos; of several masks of one photo none is the whole one."""
    data = read_dataset(draw(tmp_path, "cat/a.png", "cat/a_mask.png", "cat/b.png", "dog/c.png",
                             "dog/c_mask.png", "dog/c_mask_1.png", "dog/gas_mask.png"))
    masks = {photo.name: photo.mask and photo.mask.name for photo in data.photos}
    assert masks == {"cat/a": "a_mask.png", "cat/b": None, "dog/c": None, "dog/gas_mask": None}
    assert "are no photos" in data.notices[0]


@pytest.mark.parametrize(
    "names",
    [("images/1.png", "masks/1.png"), ("train/images/1.png", "train/masks/1.png"),
     ("images/train/1.png", "masks/train/1.png"), ("images/1.jpg", "annotations/trimaps/1.png"),
     ("Image/1.png", "GT/1.png"), ("leftImg8bit/train/aachen/1.png", "gtFine/train/aachen/1.png")],
)
def test_photos_and_masks_without_tags(tmp_path: Path, names: tuple[str, ...]) -> None:
    """One sentence that says what to add."""
    with pytest.raises(InputError, match=r"no tags.*tags\.csv.*--as tags"):
        read_dataset(draw(tmp_path, *names))


@pytest.mark.parametrize(
    "names", [("imgs/{0..3}.png",), ("train_images/1.png", "test_images/1.png")]
)
def test_a_table_of_another_name(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Photos in no class folder, and a table that may list their tags."""
    root = draw(tmp_path, *names)
    write(root / "labels_all.csv", "id,label\n1,cat\n")
    with pytest.raises(InputError, match=r"tags are unknown.*labels_all\.csv"):
        read_dataset(root)


@pytest.mark.parametrize(
    "names", [("patient_01", "patient_02"), ("cam1", "cam2"), ("Camera A", "Camera B"),
              ("2021-05-03", "2021-05-04"), ("p01", "p02", "p03"), ("kos01", "kos02")],
)
def test_folders_of_origins_are_asked_about(tmp_path: Path, names: tuple[str, ...]) -> None:
    """They may be classes, so they are read, with a notice."""
    data = read_dataset(draw(tmp_path, *(f"{name}/{{0..3}}.png" for name in names)))
    assert data.classes == names
    assert "may be called after where or when" in data.notices[0]


def test_two_levels_that_could_be_classes(tmp_path: Path) -> None:
    """The same folders below several cameras: nothing says which level is meant."""
    root = draw(tmp_path, *(f"north{n}/{name}/1.png" for n in (1, 2) for name in ("ok", "crack")))
    with pytest.raises(InputError, match="hold the same folders"):
        read_dataset(root)


@pytest.mark.parametrize(
    "names", [("cat", "dog"), ("train", "bus"), ("class_000", "class_001"), ("n01440764", "n0144"),
              ("1", "2"), ("c0", "c1"), ("steel plate", "face mask"), ("printed label", "cup")],
)
def test_healthy_classes_have_no_notice(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Also where they are words of splits or of masks among others."""
    data = read_dataset(draw(tmp_path, *(f"{name}/{{0..9}}.png" for name in names)))
    assert set(data.classes) == set(names)
    assert data.notices == ()


def test_numbers_are_sorted_as_numbers(tmp_path: Path) -> None:
    """So that labels of masks and names agree."""
    data = read_dataset(draw(tmp_path, *(f"{number}/a{number}.png" for number in range(1, 13))))
    assert data.classes == tuple(map(str, range(1, 13)))


def test_a_class_of_normal_photos_is_asked_about(tmp_path: Path) -> None:
    """It may mean that nothing is on them."""
    data = read_dataset(draw(tmp_path, "good/{0..3}.png", "crack/{0..3}.png"))
    assert data.classes == ("crack", "good")
    assert "rename it to _none" in data.notices[0]


def test_names() -> None:
    """What a name says by itself."""
    assert split_of_folder("Training Set") == "train"
    assert split_of_folder("train_val") is None
    assert split_of_folder("train station") is None
    assert is_mask_name("GroundTruth")
    assert not is_mask_name("face masks")
    assert is_photo_name("rgb_images")
    assert not is_photo_name("art photos")
    assert names_an_origin("Session 12")
    assert not names_an_origin("camera")


def test_masks_inside_the_class_folders(tmp_path: Path) -> None:
    """As in cat/images/1.png and cat/masks/1.png: the folders of masks are no photos."""
    data = read_dataset(draw(tmp_path, "cat/images/{0..3}.png", "cat/masks/{0..3}.png",
                             "dog/images/{0..3}.png", "dog/masks/0.png"))
    assert data.classes == ("cat", "dog")
    assert len(data.photos) == 8
    found = {p.name: p.mask.relative_to(tmp_path).as_posix() for p in data.photos if p.mask}
    assert found["dog/images/0"] == "dog/masks/0.png"
    assert len(found) == 5


def test_two_levels_below_a_folder(tmp_path: Path) -> None:
    """As in VisA: the products hold the same folders of normal photos and others."""
    draw(tmp_path, *(f"{product}/Data/Images/{kind}/{{0..2}}.png" for product in ("pcb", "candle")
                     for kind in ("Normal", "Anomaly")))
    with pytest.raises(InputError, match="either level could name the classes"):
        read_dataset(tmp_path)


def test_loose_photos(tmp_path: Path) -> None:
    """They are counted where no data set is recognised."""
    with pytest.raises(InputError, match="3 photos are directly in it"):
        read_dataset(draw(tmp_path, "{0..2}.png"))


def test_a_link_to_itself_is_no_folder(tmp_path: Path) -> None:
    """Beside the folders of the classes."""
    root = draw(tmp_path, "cat/{0..3}.png", "dog/{0..3}.png")
    (root / "loop").symlink_to("loop")
    assert read_dataset(root).classes == ("cat", "dog")
