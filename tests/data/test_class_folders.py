"""Class folders, with and without splits, and what systems leave in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.readers import LAYOUTS, read_dataset


def draw(root: Path, *names: str) -> Path:
    """Draw tiny photos below `root`."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (5, 3)).save(root / name, format="PNG")
    return root


def test_folders_are_classes(tmp_path: Path) -> None:
    """`_none` holds photos with nothing on them; any case of suffix, any depth."""
    root = draw(tmp_path, "dog/1.JPG", "cat/1.jpg", "cat/deep/2.PnG", "_none/1.tiff")
    data = read_dataset(root)
    assert data.layout == "class_folders"
    assert data.classes == ("cat", "dog")
    assert [(photo.name, photo.tags) for photo in data.photos] == [
        ("_none/1", ()),
        ("cat/1", (0,)),
        ("cat/deep/2", (0,)),
        ("dog/1", (1,)),
    ]
    assert data.problems == ()


def test_the_hash_holds_out_a_share_of_each_class(tmp_path: Path) -> None:
    """Photos of another class move nobody, and one more photo moves one at most."""
    cats = [f"cat/{number:03}.png" for number in range(40)]
    before = {p.name: p.split for p in read_dataset(draw(tmp_path, *cats)).photos}
    held_out = [name for name, split in before.items() if split == "val"]
    assert held_out == [f"cat/{n:03}" for n in (4, 9, 15, 28, 29, 34)]
    dogs = [f"dog/{number:03}.png" for number in range(7)]
    data = read_dataset(draw(tmp_path, *dogs))
    after = {photo.name: photo.split for photo in data.photos}
    assert before.items() <= after.items()
    more = {photo.name: photo.split for photo in read_dataset(draw(tmp_path, "cat/new.png")).photos}
    assert sum(more[name] != split for name, split in after.items()) <= 1


def test_split_folders(tmp_path: Path) -> None:
    """train/cat/*.jpg; both names of one split count."""
    root = draw(tmp_path, "train/cat/1.png", "val/cat/1.png", "valid/dog/2.png", "test/_none/1.png")
    data = read_dataset(root)
    assert data.classes == ("cat", "dog")
    assert {photo.name: photo.split for photo in data.photos} == {
        "train/cat/1": "train",
        "val/cat/1": "val",
        "valid/dog/2": "val",
        "test/_none/1": "test",
    }


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    """Only where all folders are splits they are taken for splits."""
    assert read_dataset(draw(tmp_path, "train/1.png", "bus/1.png")).classes == ("bus", "train")


def test_splits_without_classes(tmp_path: Path) -> None:
    """Photos in train/ and val/ alone have no tags."""
    with pytest.raises(InputError, match="lie directly in train and val"):
        read_dataset(draw(tmp_path, "train/1.png", "val/1.png"))


def test_hidden_things_are_skipped(tmp_path: Path) -> None:
    """What file managers and archives leave behind is no photo and no class."""
    hidden = [".git/a.png", "cat/.thumbs/1.png", "cat/._1.png", "__MACOSX/cat/1.png", ".x.png"]
    root = draw(tmp_path, "cat/1.png", "dog/1.png", *hidden)
    for name in (".DS_Store", "cat/Thumbs.db", "cat/notes.txt"):
        (root / name).write_text("x")
    data = read_dataset(root)
    assert [photo.name for photo in data.photos] == ["cat/1", "dog/1"]
    assert data.classes == ("cat", "dog")
    assert data.problems == ()


def test_what_is_no_photo_is_told(tmp_path: Path) -> None:
    """A folder named like a photo, a dead link, a format without decoder, a photo in no class."""
    root = draw(tmp_path, "loose.png", *(f"cat/{number:02}.png" for number in range(40)))
    (root / "cat" / "x.jpg").mkdir()
    (root / "cat" / "y.jpg").symlink_to(root / "nowhere.jpg")
    (root / "cat" / "z.HEIC").write_bytes(b"x")
    data = read_dataset(root)
    assert len(data.photos) == 40
    assert [problem.photo for problem in data.left_out] == [
        "loose.png",
        "cat/x.jpg",
        "cat/y.jpg",
        "cat/z.HEIC",
    ]


def test_an_empty_class_is_kept_and_told(tmp_path: Path) -> None:
    """Its number among the classes stays, should photos come."""
    root = draw(tmp_path, "cat/1.png")
    (root / "bird").mkdir()
    data = read_dataset(root)
    assert data.classes == ("bird", "cat")
    assert [problem.photo for problem in data.problems] == ["bird"]


def test_links_out_of_the_root_are_followed(tmp_path: Path) -> None:
    """Photos, and whole class folders, may lie elsewhere."""
    draw(tmp_path / "far", "1.png", "more/2.png")
    root = draw(tmp_path / "root", "cat/0.png")
    (root / "cat" / "1.png").symlink_to(tmp_path / "far" / "1.png")
    (root / "dog").symlink_to(tmp_path / "far" / "more", target_is_directory=True)
    names = [photo.name for photo in read_dataset(root).photos]
    assert names == ["cat/0", "cat/1", "dog/2"]


def test_names_that_differ_only_by_case(tmp_path: Path) -> None:
    """They are one class, called as most photos have it, and that is said."""
    root = draw(tmp_path, "Cat/1.png", "cat/2.png", "cat/3.png", "big dog/4.png", "big_dog/5.png")
    if len(list(root.iterdir())) < 4:
        pytest.skip("this file system cannot hold both names")
    data = read_dataset(root)
    assert data.classes == ("big dog", "cat")
    assert [photo.tags for photo in data.photos] == [(1,), (0,), (0,), (1,), (1,)]
    assert len(data.notices) == 2
    assert any("The class 'cat' is also spelled 'Cat' (1)" in notice for notice in data.notices)


def test_no_layout_fits(tmp_path: Path) -> None:
    """The error says what was looked for, one phrase per layout."""
    draw(tmp_path, "1.png", "2.png")
    with pytest.raises(InputError) as told:
        read_dataset(tmp_path)
    for layout in map(LAYOUTS.get, LAYOUTS):
        assert layout.LOOKS_FOR in str(told.value)


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_no_folder(tmp_path: Path, name: str) -> None:
    """A file is no data set."""
    (tmp_path / "file.txt").touch()
    with pytest.raises(InputError, match=f"{name} is no folder"):
        read_dataset(tmp_path / name)


def test_a_run_is_no_data_set(tmp_path: Path) -> None:
    """Its masks would be taken for photos, in folders of classes."""
    (tmp_path / "stages").mkdir()
    (tmp_path / "data.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="is a run, not a data set"):
        read_dataset(tmp_path)
