"""Masks are found under the names that people give them, and pictures that are none are said."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawing import draw

from tag2mask.data.dataset import Dataset
from tag2mask.data.readers import read_dataset

TABLE = "image,tags\nimages/a.jpg,cat\nimages/b.jpg,dog\nimages/c.jpg,\n"


def read(root: Path, *names: str, table: str = TABLE) -> Dataset:
    """Draw photos and masks beside a table and a list of classes, and read them."""
    draw(root, *(row.partition(",")[0] for row in table.splitlines()[1:]), *names)
    (root / "tags.csv").write_text(table, encoding="utf-8")
    (root / "classes.txt").write_text("background\ncat\ndog\n", encoding="utf-8")
    return read_dataset(root)


def masks(data: Dataset) -> list[str | None]:
    """Return the path of each photo's mask, below the data set."""
    return [p.mask.relative_to(data.root).as_posix() if p.mask else None for p in data.photos]


@pytest.mark.parametrize("names", [
    ("masks/a.PNG", "masks/b.png", "masks/c.png"),
    ("masks/a_mask.png", "masks/b_gt.png", "masks/c-seg.png"),
    ("masks/a.tif", "masks/b.bmp", "masks/c.gif"),
    ("masks/A.png", "masks/b.jpg.png", "masks/c.png"),
    ("masks/train/a.png", "masks/val/b.png", "masks/val/c.png"),
])
def test_names_in_the_usual_folder(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Case, format, `_mask` and folders of splits do not count; it is the usual place."""
    data = read(tmp_path, *names)
    assert masks(data) == list(names)
    assert data.notices == ()


@pytest.mark.parametrize("folder", ["Masks", "Annotations", "ground_truth", "labels", "x/masks"])
def test_other_folders_are_said(tmp_path: Path, folder: str) -> None:
    """A folder that is called like one of masks is read, and named."""
    data = read(tmp_path, f"{folder}/a.png", f"{folder}/b.png")
    assert masks(data) == [f"{folder}/a.png", f"{folder}/b.png", None]
    assert data.notices == (f"{folder} holds masks: 2 of 3 photos have one by name, which is used "
                            "for scoring only.",)


def test_masks_beside_the_photos_of_a_table(tmp_path: Path) -> None:
    """They are no photos that the table forgot."""
    data = read(tmp_path, "images/a_mask.png", "images/b_mask.png")
    assert masks(data) == ["images/a_mask.png", "images/b_mask.png", None]
    assert "2 photos have a mask beside them" in data.notices[0]
    assert data.problems == ()


def test_photos_with_a_word_of_their_own(tmp_path: Path) -> None:
    """As 1_sat.jpg and 1_mask.png in one folder, or in two."""
    table = "image,tags\nphotos/1_sat.jpg,cat\nphotos/2_sat.jpg,dog\n"
    data = read(tmp_path, "photos/1_mask.png", "masks/2_mask.png", table=table)
    assert masks(data) == ["photos/1_mask.png", "masks/2_mask.png"]


def test_the_exact_name_comes_first(tmp_path: Path) -> None:
    """A photo that is itself called x_mask keeps its mask; a PNG comes before other formats."""
    table = "image,tags\nimages/a.jpg,cat\nimages/a_mask.jpg,dog\n"
    data = read(tmp_path, "masks/a_mask.png", "masks/a.png", "masks/a.jpg", table=table)
    assert masks(data) == ["masks/a.png", "masks/a_mask.png"]


def test_letters_in_another_form(tmp_path: Path) -> None:
    """Photos of one file system, masks of another."""
    table = "image,tags\nimages/gr\u00fcn.jpg,cat\nimages/b.jpg,dog\n"
    data = read(tmp_path, "masks/gru\u0308n.png", table=table)
    assert masks(data) == [None, "masks/gru\u0308n.png"]


def test_same_stems_in_several_splits(tmp_path: Path) -> None:
    """Each split has its own photo 1 and its own mask 1."""
    table = "image,tags\ntrain/images/1.jpg,cat\nval/images/1.jpg,dog\n"
    data = read(tmp_path, "train/masks/1.png", "val/masks/1.png", table=table)
    assert masks(data) == ["train/masks/1.png", "val/masks/1.png"]


def test_masks_of_no_photo_are_said(tmp_path: Path) -> None:
    """All of them, or the rest."""
    none = read(tmp_path / "none", "masks/a_0.png", "masks/a_1.png")
    assert masks(none) == [None, None, None]
    assert "None of the 2 pictures in masks is the mask of one photo" in none.notices[0]
    some = read(tmp_path / "some", "masks/a.png", "masks/x.png")
    assert masks(some) == ["masks/a.png", None, None]
    assert "1 of 2 pictures in masks are not used" in some.notices[0]
    assert "masks/x.png" in some.notices[0]


def test_masks_of_photos_that_are_not_listed(tmp_path: Path) -> None:
    """That the table lacks a photo is said once."""
    data = read(tmp_path, "images/z.jpg", "masks/a.png", "masks/z_mask.png")
    assert data.notices == ()
    assert len(data.problems) == 1


def test_masks_that_are_no_pictures(tmp_path: Path) -> None:
    """Arrays are named, not passed over."""
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a.npy").write_bytes(b"")
    assert "files like a.npy" in read(tmp_path).notices[0]


def test_split_folders_around_class_folders(tmp_path: Path) -> None:
    """The same place below the split, in the split's masks or in common ones."""
    for folder in ("train/masks/cat/1.png", "masks/train/cat/1.png"):
        root = draw(tmp_path / folder.partition("/")[0], "train/cat/1.png", "train/dog/1.png",
                    "val/cat/1.png", "val/dog/1.png", folder)
        data = read_dataset(root)
        found = {photo.name: photo.mask for photo in data.photos if photo.mask}
        assert found == {"train/cat/1": root / folder}


def test_masks_that_the_table_names(tmp_path: Path) -> None:
    """A column says which file it is, at the top, in `masks`, or beside the photo."""
    table = ("image,mask,tags\nimages/a.jpg,other/1.png,cat\nimages/b.jpg,2.png,dog\n"
             "images/c.jpg,3.png,cat\nimages/d.jpg,,\nimages/e.jpg,gone.png,\n")
    data = read(tmp_path, "other/1.png", "masks/2.png", "images/3.png", table=table)
    assert masks(data) == ["other/1.png", "masks/2.png", "images/3.png", None, None]
    assert data.notices == ("3 photos have the mask that tags.csv names, which is used for scoring "
                            "only; 1 more are missing, the first is gone.png.",)
    assert data.problems == ()


def test_a_class_called_mask(tmp_path: Path) -> None:
    """A column of zeros and ones names no files."""
    table = "image,mask,cat\nimages/a.jpg,1,0\nimages/b.jpg,0,1\n"
    draw(tmp_path, "images/a.jpg", "images/b.jpg")
    (tmp_path / "tags.csv").write_text(table, encoding="utf-8")
    assert read_dataset(tmp_path).classes == ("cat", "mask")


def test_a_table_in_capitals(tmp_path: Path) -> None:
    """Tags.CSV is the same table."""
    draw(tmp_path, "images/a.jpg", "images/b.jpg")
    (tmp_path / "Tags.CSV").write_text("image,tags\nimages/a.jpg,cat\nimages/b.jpg,\n", "utf-8")
    assert read_dataset(tmp_path).classes == ("cat",)
