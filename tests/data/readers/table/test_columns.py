"""Which columns are read, under which names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset

Read = Callable[..., Dataset]


def tags(data: Dataset) -> list[list[str]]:
    """Return the names of every photo's tags, in the order of the photos."""
    return [[data.classes[tag] for tag in photo.tags] for photo in data.photos]


@pytest.mark.parametrize(("image", "label"), [
    ("Filename", "Labels"), ("file_name", "label"), ("image_id", "Class"), ("Image Path", "tag"),
])
def test_synonyms(read_table: Read, image: str, label: str) -> None:
    """Read, and said."""
    data = read_table(f"id,{image},{label}\n7,a.png,cat\n8,b.png,dog\n", ["a.png", "b.png"])
    assert tags(data) == [["cat"], ["dog"]]
    assert data.notices == (
        f"tags.csv: the column {image!r} is read as 'image'.",
        f"tags.csv: the column {label!r} is read as 'tags'.",
    )


def test_the_right_names_come_first(read_table: Read) -> None:
    """In any case and with spaces; others beside them are left alone."""
    data = read_table(" Image ,TAGS,label\na.png,cat,7\nb.png,dog,8\n", ["a.png", "b.png"])
    assert tags(data) == [["cat"], ["dog"]]
    assert data.notices == ()


def test_another_name_for_the_split(read_table: Read) -> None:
    """Only where the column holds splits."""
    data = read_table("image,tags,subset\na.png,cat,test\nb.png,cat,val\n", ["a.png", "b.png"])
    assert [photo.split for photo in data.photos] == ["test", "val"]
    data = read_table("image,tags,set\na.png,cat,left\nb.png,cat,right\n", ["a.png", "b.png"])
    assert data.notices == ()


@pytest.mark.parametrize(("header", "shown"), [
    ("tags,tags", "'tags', 'tags'"), ("tags,tags.1", "'tags', 'tags.1'"),
    ("tag1,tag2", "'tag1', 'tag2'"), ("label_1,label_2", "'label_1', 'label_2'"),
])
def test_several_columns_of_tags(read_table: Read, header: str, shown: str) -> None:
    """Their tags are put together, and that is said."""
    data = read_table(f"image,{header}\na.png,cat,dog\nb.png,cat,\nc.png,,dog\nd.png,,\n")
    assert tags(data) == [["cat", "dog"], ["cat"], ["dog"], []]
    assert data.notices[-1] == f"tags.csv has 2 columns {shown}; the tags in them are put together."


def test_two_columns_of_images(read_table: Read) -> None:
    """Fine where they agree."""
    data = read_table("image,tags,image\na.png,cat,a.png\nb.png,dog,b.png\n", ["a.png", "b.png"])
    assert tags(data) == [["cat"], ["dog"]]
    with pytest.raises(InputError, match=r"row 3: the columns 'image', 'image' differ \('b\.png'"):
        read_table("image,tags,image\na.png,cat,a.png\nb.png,dog,c.png\n")
    with pytest.raises(InputError, match="'label', 'class' could all be the tags"):
        read_table("image,label,class\na.png,1,cat\n")


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("1.0", "0.0"), ("True", "False"), ("1", "")])
def test_a_column_per_class(read_table: Read, yes: str, no: str) -> None:
    """With a split and an index of rows beside it; a class that no photo has is kept."""
    rows = [("a", yes, no, "train"), ("b", yes, yes, "val"), ("c", no, no, ""), ("d", no, yes, "")]
    lines = [f"{n},{name}.png,{dog},{cat},{s}" for n, (name, dog, cat, s) in enumerate(rows)]
    data = read_table("\n".join([",image,dog,cat,split", *lines, ""]))
    assert data.classes == ("cat", "dog")
    assert tags(data) == [["dog"], ["cat", "dog"], [], ["cat"]]
    assert [photo.split for photo in data.photos[:2]] == ["train", "val"]
    assert "one per class" in data.notices[0]
    assert "'dog', 'cat'" in data.notices[0]


def test_a_class_that_no_photo_has_keeps_its_column(read_table: Read) -> None:
    """And a column called none is no class."""
    data = read_table("image,cat,dog,none\na.png,1,0,0\nb.png,0,0,1\n", ["a.png", "b.png"])
    assert data.classes == ("cat", "dog")
    assert tags(data) == [["cat"], []]
    assert [problem.photo for problem in data.problems] == ["dog"]


@pytest.mark.parametrize("rows", ["a.png,1,640\nb.png,0,480\n", "a.png,1,2\nb.png,0,1\n"])
def test_a_column_per_class_and_something_else(read_table: Read, rows: str) -> None:
    """It is asked what the other column is."""
    with pytest.raises(InputError, match="'cat' may be classes with 1 and 0, but 'x' is neither"):
        read_table(f"image,cat,x\n{rows}")
