"""Broken and hostile files: a sentence, and the rest is taken."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from drawn import SIZE, write_data
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.interchange import json_items, limits
from tag2mask.interchange.importing import import_labels

GOOD = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2],
        "segmentation": [[0, 0, 4, 0, 4, 4, 0, 4]]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data set without annotations."""
    return write_data(tmp_path / "data", ("plain.jpg", "sub/x.jpg"), annotations=False)


def coco(path: Path, *annotations: object, images: object = None) -> Path:
    """Write a COCO file with one sound annotation, and these."""
    listed = images or [{"id": 1, "file_name": "plain.jpg", "height": 23, "width": 37}]
    path.write_text(json.dumps({"images": listed, "annotations": [GOOD, *annotations],
                                "categories": [{"id": 1, "name": "cat"}]}), encoding="utf-8")
    return path


@pytest.mark.parametrize(("change", "why"), [
    ({"segmentation": {"size": [23, 37], "counts": [3, 4]}}, "make 7 pixels"),
    ({"segmentation": {"size": [37, 23], "counts": [851]}}, "has the size [37, 23]"),
    ({"segmentation": {"size": [23, 37], "counts": "zzz~"}}, "damaged or cut short"),
    ({"segmentation": {"size": [23, 37], "counts": ["a"]}}, "was left out"),
    ({"segmentation": [[1, 1, 2, 2]]}, "three corners, not 2"),
    ({"segmentation": [[1, 1, 2, 2, 3]]}, "was left out"),
    ({"segmentation": [[90, 90, 99, 90, 99, 99]]}, "holds no pixel"),
    ({"segmentation": "mask.png"}, "neither polygons nor run lengths"),
    ({"category_id": 5}, "the category 5, which is not listed"),
    ({"category_id": [1]}, "which is not listed"),
    ({"image_id": 9}, "1 annotations belong to images that are not listed"),
])
def test_a_broken_annotation_of_coco(
    change: dict[str, object], why: str, data: Path, tmp_path: Path
) -> None:
    """The sound one is taken all the same."""
    made = import_labels(coco(tmp_path / "c.json", {**GOOD, "id": 2, **change}), data)
    assert any(why in problem.why for problem in made.problems), made.problems
    mask = np.array(Image.open(data / "annotations" / "plain.png"))
    assert (mask == 1).sum() == 16
    assert (data / "import_problems.csv").is_file()


@pytest.mark.parametrize(("image", "why"), [
    ({"id": 1, "file_name": "sub/x.jpg", "height": 23, "width": 37}, "there twice"),
    ({"id": 2, "file_name": "../plain.jpg", "height": 23, "width": 37}, "leads out"),
    ({"id": 2, "file_name": "/etc/passwd", "height": 23, "width": 37}, "absolute path"),
    ({"id": 2, "file_name": "other.jpg", "height": 23, "width": 37}, "is not in"),
    ({"id": 2, "file_name": "sub/x.jpg", "height": 20, "width": 37}, "but its labels 37 x 20"),
    ({"id": 2, "file_name": "sub/x.jpg", "height": "big", "width": 37}, "no numbers"),
    ({"id": 2, "file_name": "sub/x.jpg", "height": 90000, "width": 90000}, "300 million"),
    ({"id": 2, "file_name": "plain.png", "height": 23, "width": 37}, "are the same photo"),
])
def test_a_broken_image_of_coco(
    image: dict[str, object], why: str, data: Path, tmp_path: Path
) -> None:
    """Its photo is left out, the other one is taken."""
    first = {"id": 1, "file_name": "plain.jpg", "height": 23, "width": 37}
    made = import_labels(coco(tmp_path / "c.json", images=[first, image]), data)
    assert any(why in problem.why for problem in made.problems), made.problems
    assert (made.photos, made.labels) == (1, 1)


@pytest.mark.parametrize("cut", [1, 30, 120, 250])
def test_json_that_is_cut_short(cut: int, data: Path, tmp_path: Path) -> None:
    """One sentence, wherever it ends; nothing is written."""
    found = coco(tmp_path / "c.json")
    found.write_text(found.read_text(encoding="utf-8")[:-cut], encoding="utf-8")
    with pytest.raises(InputError, match="damaged or cut short"):
        import_labels(found, data, format="coco")
    assert not (data / "annotations").exists()


def test_an_item_larger_than_the_limit(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before it fills the memory."""
    monkeypatch.setattr(json_items, "MOST_ITEM", 1000)
    found = coco(tmp_path / "c.json", {**GOOD, "segmentation": [[0.5] * 5000]})
    with pytest.raises(InputError, match="one item is larger than"):
        import_labels(found, data, format="coco")


@pytest.mark.parametrize("text", [
    '<!DOCTYPE a [<!ENTITY b "bomb">]><annotations><version>1.1</version><image id="0" '
    'name="plain.jpg" width="37" height="23"><tag label="&b;"/></image></annotations>',
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><annotations>&b;</annotations>',
])
def test_xml_with_entities(text: str, data: Path, tmp_path: Path) -> None:
    """They could read files, or grow without end."""
    (tmp_path / "annotations.xml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="declares a document type"):
        import_labels(tmp_path / "annotations.xml", data, format="cvat")


@pytest.mark.parametrize(("shape", "why"), [
    ('<mask label="cat" rle="1, 2" left="0" top="0" width="4" height="4"/>', "make 3 pixels"),
    ('<mask label="cat" rle="0, 16" left="35" top="0" width="4" height="4"/>', "outside"),
    ('<mask label="cat" rle="x" left="0" top="0" width="4" height="4"/>', "was left out"),
    ('<polygon label="cat" points="1,1;2,2"/>', "three corners"),
    ('<polygon label="cat"/>', "was left out"), ('<cuboid label="cat"/>', "not known"),
    ('<box label="cat" xtl="1" ytl="1" xbr="1" ybr="5"/>', "no area"),
])
def test_a_broken_shape_of_cvat(shape: str, why: str, data: Path, tmp_path: Path) -> None:
    """The sound one beside it is taken."""
    good = '<mask label="cat" rle="0, 16" left="0" top="0" width="4" height="4"/>'
    (tmp_path / "annotations.xml").write_text(
        '<annotations><version>1.1</version><image id="0" name="plain.jpg" width="37" height="23">'
        f"{shape}{good}</image></annotations>", encoding="utf-8")
    made = import_labels(tmp_path / "annotations.xml", data)
    assert any(why in problem.why for problem in made.problems), made.problems
    assert (np.array(Image.open(data / "annotations" / "plain.png")) == 1).sum() == 16


def archive(path: Path, **members: bytes) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../../evil.txt", "/evil.txt", "a/../../evil.txt", "C:\\evil.txt",
                                  "..\\evil.txt"])
def test_a_zip_cannot_write_elsewhere(name: str, data: Path, tmp_path: Path) -> None:
    """Whatever its members are called."""
    found = archive(tmp_path / "z.zip", **{name: b"x", "annotations.xml": b"<annotations/>"})
    with pytest.raises(InputError, match=r"leads out|absolute path"):
        import_labels(found, data, format="cvat")
    assert not list(tmp_path.rglob("evil*"))


def test_a_zip_cannot_unfold_without_end(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By ratio, by size and by number."""
    bomb = archive(tmp_path / "z.zip", **{"annotations.xml": b" " * 3_000_000})
    with pytest.raises(InputError, match="more than 500 times its size"):
        import_labels(bomb, data, format="cvat")
    monkeypatch.setattr(limits, "MOST_FILES", 1)
    with pytest.raises(InputError, match="holds 2 files"):
        import_labels(archive(tmp_path / "y.zip", a=b"", b=b""), data, format="cvat")


def test_no_zip_at_all(data: Path, tmp_path: Path) -> None:
    """A text file that is called zip."""
    (tmp_path / "z.zip").write_text("no", encoding="utf-8")
    with pytest.raises(InputError, match="neither a folder nor a zip"):
        import_labels(tmp_path / "z.zip", data, format="cvat")


def test_a_link_in_a_label_studio_photo_leads_nowhere(data: Path, tmp_path: Path) -> None:
    """A path out of the photos' folder is refused."""
    tasks = [{"id": 1, "data": {"file": "../../secret.jpg"}, "annotations": [{"result": []}]}]
    (tmp_path / "tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    with pytest.raises(InputError, match="leads out"):
        import_labels(tmp_path / "tasks.json", data, format="label-studio")


@pytest.mark.parametrize("line", ["0 0.1 0.1 0.2", "7 0 0 1 0 1 1", "cat 0 0 1 0 1 1",
                                  "0 0.1 nan 0.2 0.3 0.4 0.5", "0 5 5 6 5 6 6"])
def test_a_broken_line_of_yolo(line: str, data: Path, tmp_path: Path) -> None:
    """The sound one beside it is taken."""
    root = tmp_path / "yolo"
    (root / "labels" / "train").mkdir(parents=True)
    (data / "images").rename(root / "train")
    (root / "images").mkdir()
    (root / "train").rename(root / "images" / "train")
    (root / "data.yaml").write_text("train: images/train\nval: images/train\nnames: [cat]\n",
                                    encoding="utf-8")
    (root / "labels" / "train" / "plain.txt").write_text(f"{line}\n0 0 0 1 0 1 1 0 1\n",
                                                         encoding="utf-8")
    made = import_labels(root, tmp_path / "new", format="yolo")
    assert (made.labels, len(made.problems)) == (1, 1)
    assert "line 1" in made.problems[0].why
    assert (np.array(Image.open(tmp_path / "new" / "annotations" / "plain.png")) == 1).all()


def test_a_format_that_is_not_recognised(data: Path, tmp_path: Path) -> None:
    """The ones that can be named are listed."""
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(InputError, match="name it with --format, one of"):
        import_labels(tmp_path / "notes.txt", data)
    assert SIZE[0] != SIZE[1]
