"""Lists, file names and classes of Pascal VOC's layout, in the forms that people have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawing import draw, splits, tags, write

from tag2mask.core.contracts import InputError
from tag2mask.data.readers import read_dataset
from tag2mask.data.readers.voc import CLASSES


def annotate(root: Path, objects: dict[str, str], *, photo: str = "jpg", xml: str = "xml") -> Path:
    """Write photos and their annotations."""
    for stem, names in objects.items():
        found = "".join(f"<object><name>{name}</name></object>" for name in names.split())
        draw(root, f"JPEGImages/{stem}.{photo}")
        write(root / "Annotations" / f"{stem}.{xml}", f"<annotation>{found}</annotation>")
    return root


def lists(root: Path, where: str = "Segmentation", **rows: str) -> Path:
    """Write lists, one row per line."""
    for name, text in rows.items():
        write(root / "ImageSets" / where / f"{name}.txt", text)
    return root


STEMS = ("a 1", "b 2", "c 3", "d 4")


@pytest.mark.parametrize(
    "row",
    [
        "{}", "{}.jpg", "{}.JPG", "JPEGImages/{}.jpg", "/JPEGImages/{}.jpg", "  {}  ",
        "/JPEGImages/{0}.jpg /SegmentationClassAug/{0}.png",
        "VOC2012/JPEGImages/{0}.jpg\tVOC2012/SegmentationClass/{0}.png",
        "{}.jpg,{}.png", "JPEGImages\\{}.jpg", "{}  1", "./JPEGImages/{}.jpg",
    ],
)
@pytest.mark.parametrize("spaced", [True, False])
def test_rows_of_lists(tmp_path: Path, row: str, spaced: bool) -> None:
    """A stem, a file, a path, two paths, a stem and a number; stems with and without spaces."""
    stems = STEMS if spaced else tuple(stem.replace(" ", "_") for stem in STEMS)
    root = annotate(tmp_path, dict.fromkeys(stems, "dog"))
    rows = [row.format(stem, stem) + "\n" for stem in stems]
    lists(root, train="\ufeff" + "".join(rows[:3]).replace("\n", "\r\n"), val=rows[3])
    data = read_dataset(root)
    assert data.left_out == ()
    assert splits(data) == {**dict.fromkeys(stems[:3], "train"), stems[3]: "val"}


def test_upper_case_names(tmp_path: Path) -> None:
    """As cameras and Windows write them."""
    root = annotate(tmp_path, {"P1": "dog", "P2": "cat"}, photo="JPG", xml="XML")
    lists(root, train="p1\nP2\n")
    assert tags(read_dataset(root)) == {"P1": "dog", "P2": "cat"}


def test_photos_in_sub_folders(tmp_path: Path) -> None:
    """Their annotations are at the same place, or by the stem; lists name either."""
    root = annotate(tmp_path, {"x/1": "dog", "y/1": "cat", "2": "cow"})
    draw(root, "JPEGImages/z/3.jpg", "SegmentationClass/x/1.png", "SegmentationClass/3.png")
    write(root / "Annotations" / "3.xml", "<annotation><object><name>bus</name></object>"
                                          "</annotation>")
    lists(root, train="x/1\ny/1.jpg\n3\n", val="2\n")
    data = read_dataset(root)
    assert tags(data) == {"2": "cow", "x/1": "dog", "y/1": "cat", "z/3": "bus"}
    assert [photo.name for photo in data.photos if photo.mask] == ["x/1", "z/3"]


def test_lists_in_main_only(tmp_path: Path) -> None:
    """As for detection; said."""
    root = annotate(tmp_path, {"1": "dog", "2": "cat", "3": "cow"})
    lists(root, "Main", train="1\n", val="2\n", test="3\n", dog_train="1  1\n")
    data = read_dataset(root)
    assert splits(data) == {"1": "train", "2": "val", "3": "test"}
    assert "ImageSets/Main" in data.notices[0]


@pytest.mark.parametrize("name", ["train_aug", "trainaug", "Train_Augmented"])
def test_the_larger_list(tmp_path: Path, name: str) -> None:
    """With masks in SegmentationClassAug; a photo's own mask comes first."""
    root = annotate(tmp_path, {"1": "dog", "2": "cat", "3": "cow", "4": "dog"})
    draw(root, "SegmentationClassAug/{1..4}.png", "SegmentationClass/1.png")
    lists(root, train="1\n", val="4\n", **{name: "1\n2\n3\n"})
    data = read_dataset(root)
    assert splits(data) == {"1": "train", "2": "train", "3": "train", "4": "val"}
    assert [p.mask.parent.name for p in data.photos if p.mask] == [
        "SegmentationClass", *["SegmentationClassAug"] * 3
    ]
    assert f"{name}.txt with 3 photos is used for training in place of train.txt" in data.notices[0]


def test_photos_in_no_list_are_counted(tmp_path: Path) -> None:
    """They are not read."""
    root = lists(annotate(tmp_path, {"1": "dog", "2": "cat", "3": "cow"}), train="1\n", val="2\n")
    assert "Of 3 photos" in read_dataset(root).notices[0]
    assert "1 are in no list" in read_dataset(root).notices[0]


def test_a_test_list_without_photos(tmp_path: Path) -> None:
    """VOC lists its test photos, but keeps them."""
    root = annotate(tmp_path, {"1": "dog", "2": "cat"})
    lists(root, train="1\n", val="2\n", test="7\n8\n9\n")
    data = read_dataset(root)
    assert len(data.photos) == 2
    assert data.left_out == ()
    assert "None of the 3 photos in test.txt" in data.notices[0]


def test_two_photos_of_one_stem(tmp_path: Path) -> None:
    """The JPEG is read, and the other is reported."""
    root = draw(annotate(tmp_path, {"1": "dog", "2": "cat"}), "JPEGImages/1.bmp")
    data = read_dataset(root)
    assert {photo.path.name for photo in data.photos} == {"1.jpg", "2.jpg"}
    assert data.problems[0].photo == "1.bmp"
    assert "the same name as 1.jpg" in data.problems[0].why


def test_no_annotations(tmp_path: Path) -> None:
    """Masks are no tags: one sentence says where to write them, and how to take them from masks."""
    root = draw(tmp_path, "JPEGImages/{0..3}.jpg", "SegmentationClass/{0..3}.png")
    write(root / "class_names.txt", "_background_\ncat\n")
    with pytest.raises(InputError, match=r"no Annotations.*tags\.csv.*import .* --as tags"):
        read_dataset(root)


def test_tags_of_the_lists_of_classes(tmp_path: Path) -> None:
    """Without annotations these lists say what is on a photo; 0 is difficult, but there."""
    root = draw(tmp_path, "JPEGImages/{1..4}.jpg")
    lists(root, "Main", train="1\n2\n3\n", val="4\n", cat_trainval="1  1\n2 -1\n3  0\n4 -1\n",
          tv_set_val="1 -1\n2  1\n3 -1\n4  1\n")
    data = read_dataset(root)
    assert tags(data) == {"1": "cat", "2": "tv_set", "3": "cat", "4": "tv_set"}
    assert "ImageSets/Main" in data.notices[-1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\n"
                         "scratch:128,0,0::\ndent:0,128,0::\n"),
        ("labelmap.txt", "scratch:1,0,0::\nbackground:0,0,0::\ndent:0,1,0::\n"),
        ("classes.txt", "background\nscratch\ndent\n"),
        ("class_names.txt", "__ignore__\n_background_\nscratch\ndent\n"),
    ],
)
def test_own_classes_with_their_labels(tmp_path: Path, name: str, text: str) -> None:
    """The order of the labels is that of the file, not of the alphabet."""
    root = draw(annotate(tmp_path, {"1": "dent", "2": "scratch"}), "SegmentationClass/1.png")
    write(root / name, text)
    data = read_dataset(root)
    assert data.classes == ("scratch", "dent")
    assert [photo.name for photo in data.photos if photo.mask] == ["1"]
    assert data.notices == ()


def test_own_classes_without_labels(tmp_path: Path) -> None:
    """Which label is which class is not known, so nothing is scored; one class has the label 1."""
    root = draw(annotate(tmp_path, {"1": "dent", "2": "scratch"}), "SegmentationClass/1.png")
    data = read_dataset(root)
    assert all(photo.mask is None for photo in data.photos)
    assert "not scored" in data.notices[0]
    annotate(root, {"2": "dent"})
    data = read_dataset(root)
    assert [photo.name for photo in data.photos if photo.mask] == ["1"]
    assert data.notices == ()


def test_an_object_that_is_not_listed(tmp_path: Path) -> None:
    """The annotation and the file are named."""
    root = annotate(tmp_path, {"1": "dent", "2": "scrach"})
    write(root / "classes.txt", "background\nscratch\ndent\n")
    with pytest.raises(InputError, match=r"2\.xml has the object 'scrach'.*classes\.txt"):
        read_dataset(root)


def test_one_level_too_high(tmp_path: Path) -> None:
    """VOCdevkit has code beside the data."""
    root = annotate(tmp_path / "VOCdevkit" / "VOC2012", {"1": "dog", "2": "cat"})
    write(root.parent / "VOCcode" / "read.m", "x")
    for top in (tmp_path, root.parent):
        data = read_dataset(top)
        assert data.classes == CLASSES
        assert data.root == root
        assert "VOC2012" in data.notices[0]
