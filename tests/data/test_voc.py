"""The layout of Pascal VOC."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.readers import read_dataset
from tag2mask.data.readers.voc import CLASSES


def write(root: Path, tags: dict[str, str], **lists: str) -> Path:
    """Write photos with the objects that `tags` lists, and ImageSets by name."""
    for folder in ("JPEGImages", "Annotations", "ImageSets/Segmentation", "SegmentationClass"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for stem, names in tags.items():
        objects = "".join(
            f"<object><name>{n}</name><part><name>head</name></part></object>"
            for n in names.split()
        )
        xml = f"<annotation><filename>{stem}.jpg</filename>{objects}</annotation>"
        (root / "Annotations" / f"{stem}.xml").write_text(xml)
        Image.new("RGB", (5, 3)).save(root / "JPEGImages" / f"{stem}.jpg")
    for name, stems in lists.items():
        (root / "ImageSets" / "Segmentation" / f"{name}.txt").write_text(
            "".join(f"{stem}\n" for stem in stems.split())
        )
    return root


def test_reads_voc(tmp_path: Path) -> None:
    """All 20 classes keep their numbers; parts have names too, which are no tags."""
    root = write(
        tmp_path,
        {"2007_1": "person dog person", "2007_2": "", "2007_3": "dog", "unlisted": "cat"},
        train="2007_1 2007_2",
        val="2007_3",
        trainval="2007_1 2007_2 2007_3 unlisted",
    )
    Image.new("P", (5, 3)).save(root / "SegmentationClass" / "2007_3.png")
    data = read_dataset(root)
    assert data.layout == "voc"
    assert data.classes == CLASSES
    assert len(CLASSES) == 20
    assert [(p.name, p.split, p.mask is not None) for p in data.photos] == [
        ("2007_1", "train", False),
        ("2007_2", "train", False),
        ("2007_3", "val", True),
    ]
    assert [[CLASSES[tag] for tag in p.tags] for p in data.photos] == [
        ["dog", "person"],
        [],
        ["dog"],
    ]
    assert data.left_out == ()
    assert "No photo has the class 'aeroplane'" in data.problems[0].why


def test_other_classes_are_sorted(tmp_path: Path) -> None:
    """A data set of one's own in the layout of VOC."""
    root = write(tmp_path, {"a": "zebra dog", "b": ""}, train="a", val="b")
    assert read_dataset(root).classes == ("dog", "zebra")


@pytest.mark.parametrize("lists", [{}, {"trainval": " ".join(f"p{n}" for n in range(40))}])
def test_without_splits_the_hash_decides(tmp_path: Path, lists: dict[str, str]) -> None:
    """With trainval.txt alone, and with no list at all."""
    data = read_dataset(write(tmp_path, {f"p{n}": "dog" for n in range(40)}, **lists))
    assert len(data.photos) == 40
    assert {photo.split for photo in data.photos} == {"train", "val"}


def test_a_photo_in_two_splits(tmp_path: Path) -> None:
    """It would flatter the score."""
    root = write(tmp_path, {"a": "dog"}, train="a", val="a")
    with pytest.raises(InputError, match=r"a is in both train\.txt and val\.txt"):
        read_dataset(root)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {big} "{f"&{small};" * 10}">' for small, big in pairwise("abcdefghij"))
    + "]><annotation><object><name>&j;</name></object></annotation>"
)
LEAK = (
    '<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    "<annotation><object><name>&a;</name></object></annotation>"
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "document type"),
        (LEAK, "document type"),
        ("<annotation><object>", "no element found"),
        ("", "no element found"),
        ('<?xml version="1.0" encoding="nonsense"?><annotation/>', "unknown encoding"),
        (None, "is missing"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_bad_annotations_lose_the_photo(
    tmp_path: Path, text: str | None, why: str, encoding: str
) -> None:
    """Their tags are unknown; entities are not even read, in whatever encoding they hide."""
    root = write(tmp_path, {f"p{n:02}": "dog" for n in range(20)}, train="p00")
    (root / "ImageSets" / "Segmentation" / "train.txt").unlink()
    path = root / "Annotations" / "p07.xml"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding=encoding)
    data = read_dataset(root)
    assert len(data.photos) == 19
    [problem] = data.left_out
    assert problem.photo == "p07"
    if encoding == "utf-8" or text in (BOMB, LEAK, None):
        assert why in problem.why


def test_a_listed_photo_that_is_missing(tmp_path: Path) -> None:
    """Also where the list tries to lead out of the folder."""
    root = write(
        tmp_path,
        {f"p{n:02}": "dog" for n in range(20)},
        train="../p00 " + " ".join(f"p{n:02}" for n in range(20)),
    )
    data = read_dataset(root)
    assert [problem.photo for problem in data.left_out] == ["../p00"]


def test_names_that_differ_only_by_case(tmp_path: Path) -> None:
    """They are one class; VOC's own spelling is the right one, and the labels stay its own."""
    root = write(tmp_path, {"a": "Dog", "b": "Dog", "c": "dog"}, train="a b", val="c")
    data = read_dataset(root)
    assert len(data.classes) == 20
    assert {photo.tags for photo in data.photos} == {(data.classes.index("dog"),)}
    assert data.notices == ("The class 'dog' is also spelled 'Dog' (2); they are read as one "
                            "class.",)
