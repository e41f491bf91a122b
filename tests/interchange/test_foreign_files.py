"""Files as other programs write them, rebuilt small by hand."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from drawn import CLASSES, SIZE, write_data
from PIL import Image

from tag2mask.interchange.format import ReadOptions
from tag2mask.interchange.importing import import_labels

SQUARE = np.s_[2:8, 3:9]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data set without annotations."""
    names = ("plain.jpg", "sub/x.jpg", "turned.jpg")
    return write_data(tmp_path / "data", names, annotations=False)


def label_map(data: Path, name: str = "plain") -> np.ndarray:
    """Read an annotation."""
    return np.array(Image.open(data / "annotations" / f"{name}.png"))


def rows(path: Path) -> list[dict[str, str]]:
    """Read a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def expected(label: int = 1, outside: int = 0) -> np.ndarray:
    """Draw the square that the files below describe."""
    mask = np.full(SIZE, outside, np.uint8)
    mask[SQUARE] = label
    return mask


def coco(path: Path, *annotations: dict[str, object], images: object = None) -> Path:
    """Write a COCO file; category numbers are as wild as COCO's own."""
    content = {"images": images or [{"id": 7, "file_name": "plain.jpg", "height": 23,
                                     "width": 37}],
               "annotations": list(annotations),
               "categories": [{"id": 17, "name": "cat"}, {"id": 90, "name": "Big Dog"}]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def annotation(**more: object) -> dict[str, object]:
    """Describe the square as a COCO polygon."""
    return {"id": 1, "image_id": 7, "category_id": 17, "iscrowd": 0, "bbox": [3, 2, 6, 6],
            "segmentation": [[3, 2, 9, 2, 9, 8, 3, 8]], **more}


def test_coco_polygons_of_several_parts(data: Path, tmp_path: Path) -> None:
    """All parts count, not the first alone."""
    both = [[3, 2, 9, 2, 9, 8, 3, 8], [20, 10, 22, 10, 22, 12, 20, 12]]
    import_labels(coco(tmp_path / "c.json", annotation(segmentation=both)), data)
    mask = expected()
    mask[10:12, 20:22] = 1
    assert (label_map(data) == mask).all()


@pytest.mark.parametrize("text", [True, False])
def test_coco_run_lengths(data: Path, tmp_path: Path, text: bool) -> None:
    """As a compressed string and as numbers; a crowd lies under the others."""
    mask = expected() > 0
    from tag2mask.interchange import rle

    counts = rle.encode(mask)
    crowd = {"size": list(SIZE), "counts": rle.to_string(counts) if text else counts.tolist()}
    inner = annotation(id=2, category_id=90, segmentation=[[4, 3, 6, 3, 6, 5, 4, 5]])
    import_labels(coco(tmp_path / "c.json", annotation(segmentation=crowd, iscrowd=1), inner), data)
    wanted = expected()
    wanted[3:5, 4:6] = 2
    assert (label_map(data) == wanted).all()
    assert json.loads((data / "class_ids.json").read_text(encoding="utf-8")) == {
        "cat": 17, "Big Dog": 90}


def test_a_detection_data_set_is_a_start(tmp_path: Path) -> None:
    """Boxes become tags.csv and boxes.csv, and no label map is invented."""
    found = coco(tmp_path / "c.json", annotation(segmentation=[]),
                 annotation(id=2, category_id=90, segmentation=[], bbox=[0, 0, 5.5, 4]))
    write_data(tmp_path, ("plain.jpg",), annotations=False)
    (tmp_path / "tags.csv").unlink()
    made = import_labels(found, tmp_path / "new", target="tags")
    assert (made.new, made.boxes, made.labels) == (True, 2, 0)
    assert rows(tmp_path / "new" / "tags.csv") == [
        {"image": "images/plain.jpg", "tags": "cat;Big Dog", "split": ""}]
    assert rows(tmp_path / "new" / "boxes.csv")[1] == {
        "image": "images/plain.jpg", "class": "Big Dog", "left": "0", "top": "0", "right": "5.5",
        "bottom": "4"}
    assert not (tmp_path / "new" / "annotations").exists()


def test_boxes_beside_masks_leave_their_pixels_open(data: Path, tmp_path: Path) -> None:
    """Something is there, so background would be wrong."""
    box = annotation(id=2, category_id=90, segmentation=[], bbox=[20, 10, 4, 5])
    made = import_labels(coco(tmp_path / "c.json", annotation(), box), data)
    wanted = expected()
    wanted[10:15, 20:24] = 255
    assert (label_map(data) == wanted).all()
    assert "boxes without a mask" in made.notes[0]


def test_empty_polygons_are_no_masks(data: Path, tmp_path: Path) -> None:
    """Some programs write [[]] for a box."""
    made = import_labels(coco(tmp_path / "c.json", annotation(segmentation=[[]])), data)
    assert (made.labels, made.boxes, made.problems) == (0, 1, [])


def test_outside_can_be_undecided(data: Path, tmp_path: Path) -> None:
    """By a flag."""
    import_labels(coco(tmp_path / "c.json", annotation()), data,
                  options=ReadOptions(outside="undecided"))
    assert (label_map(data) == expected(outside=255)).all()


def test_a_class_that_is_not_there_is_undecided(data: Path, tmp_path: Path) -> None:
    """And the nearest one is named."""
    found = coco(tmp_path / "c.json", annotation(), annotation(
        id=2, category_id=90, segmentation=[[20, 10, 24, 10, 24, 15, 20, 15]]))
    text = found.read_text(encoding="utf-8").replace("Big Dog", "big dogs")
    found.write_text(text, encoding="utf-8")
    made = import_labels(found, data)
    assert (label_map(data)[10:15, 20:24] == 255).all()
    assert any("did you mean big dog" in problem.why for problem in made.problems)


def test_labels_of_stored_pixels_are_turned_once(data: Path, tmp_path: Path) -> None:
    """A tool that ignores EXIF has the stored size; the label map is that of the upright photo."""
    stored = [{"id": 7, "file_name": "turned.jpg", "height": 23, "width": 37}]
    import_labels(coco(tmp_path / "c.json", annotation(), images=stored), data)
    assert (label_map(data, "turned") == np.rot90(expected(), -1)).all()


CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels><label><name>cat</name></label>
<label><name>big dog</name></label></labels></task></meta>
<image id="0" name="data/sub/x.jpg" width="37" height="23">{}</image></annotations>"""


@pytest.mark.parametrize("shape", [
    '<mask label="cat" source="manual" occluded="0" rle="0, 36" left="3" top="2" width="6" '
    'height="6" z_order="0"></mask>',
    '<polygon label="cat" points="3.0,2.0;9.0,2.0;9.0,8.0;3.0,8.0" z_order="0"></polygon>',
    '<polygon label="big dog" points="0,0;37,0;37,23;0,23" z_order="-1"></polygon>'
    '<polygon label="cat" points="3,2;9,2;9,8;3,8" z_order="1"></polygon>',
])
def test_cvat_shapes(shape: str, data: Path, tmp_path: Path) -> None:
    """Masks and polygons, in the order of their z_order."""
    (tmp_path / "annotations.xml").write_text(CVAT.format(shape), encoding="utf-8")
    made = import_labels(tmp_path / "annotations.xml", data)
    assert made.format == "cvat"
    assert (label_map(data, "sub/x") == expected(outside=2 if "big" in shape else 0)).all()


def test_cvat_boxes_points_and_tags(data: Path, tmp_path: Path) -> None:
    """Without an area in the file nothing is said about pixels."""
    (tmp_path / "annotations.xml").write_text(CVAT.format(
        '<box label="cat" xtl="1.5" ytl="2" xbr="9" ybr="8.25"></box>'
        '<points label="big dog" points="4.5,6.5;7,8"></points><tag label="cat"></tag>'),
        encoding="utf-8")
    made = import_labels(tmp_path / "annotations.xml", data)
    assert (made.labels, made.boxes, made.points) == (0, 1, 2)
    assert rows(data / "points.csv")[1] == {"image": "images/sub/x.jpg", "class": "big dog",
                                            "x": "7", "y": "8"}


def studio(kind: str, value: dict[str, object], **more: object) -> list[dict[str, object]]:
    """Build an export of Label Studio with one result."""
    result = {"id": "a", "type": kind, "from_name": "tag", "to_name": "image",
              "original_width": 37, "original_height": 23, "image_rotation": 0,
              "value": {**value, kind: ["cat"]}}
    return [{"id": 5, "data": {"image": "/data/upload/3/1a2b3c4d-plain.jpg"},
             "annotations": [{"id": 1, "was_cancelled": False, "result": [result]}], **more}]


def test_label_studio_polygons_in_per_cent(data: Path, tmp_path: Path) -> None:
    """And the name that an upload gets is the photo's."""
    points = [[100 * x / 37, 100 * y / 23] for x, y in ((3, 2), (9, 2), (9, 8), (3, 8))]
    path = tmp_path / "project-1.json"
    path.write_text(json.dumps(studio("polygonlabels", {"points": points})), encoding="utf-8")
    made = import_labels(path, data)
    assert made.format == "label-studio"
    assert (label_map(data) == expected()).all()


def test_label_studio_rectangles_and_key_points(data: Path, tmp_path: Path) -> None:
    """As boxes and points in pixels."""
    tasks = studio("rectanglelabels", {"x": 10, "y": 50, "width": 20, "height": 25, "rotation": 0})
    tasks += studio("keypointlabels", {"x": 50, "y": 100, "width": 0.3})
    tasks[1]["data"] = {"image": "/data/local-files/?d=photos/sub/x.jpg"}
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    made = import_labels(path, data)
    assert (made.boxes, made.points, made.labels) == (1, 1, 0)
    assert rows(data / "boxes.csv")[0]["right"] == "11.1"
    assert rows(data / "points.csv")[0] == {"image": "images/sub/x.jpg", "class": "cat",
                                            "x": "18.5", "y": "23"}


def labelme(folder: Path, *shapes: Mapping[str, object], **more: object) -> Path:
    """Write a file of labelme's."""
    folder.mkdir(exist_ok=True)
    content = {"version": "5.5.0", "flags": {}, "shapes": list(shapes), "imagePath": "plain.jpg",
               "imageData": None, "imageHeight": 23, "imageWidth": 37, **more}
    (folder / "plain.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_labelme_masks_include_their_last_row_and_column(data: Path, tmp_path: Path) -> None:
    """The box's second corner is a pixel of the mask."""
    buffer = io.BytesIO()
    Image.fromarray(np.ones((6, 6), np.uint8)).save(buffer, format="PNG")
    shape: dict[str, object] = {
             "label": "cat", "points": [[3.0, 2.0], [8.0, 7.0]], "shape_type": "mask",
             "mask": base64.b64encode(buffer.getvalue()).decode(), "group_id": None, "flags": {}}
    made = import_labels(labelme(tmp_path / "l", shape), data)
    assert made.format == "labelme"
    assert (label_map(data) == expected()).all()


def test_labelme_polygons_and_rectangles(data: Path, tmp_path: Path) -> None:
    """X-AnyLabeling's rectangle has four corners, labelme's two."""
    polygon = {"label": "cat", "points": [[3, 2], [9, 2], [9, 8], [3, 8]], "shape_type": "polygon"}
    box = {"label": "big dog", "points": [[20, 10], [24, 10], [24, 15], [20, 15]],
           "shape_type": "rectangle", "difficult": False, "score": None}
    made = import_labels(labelme(tmp_path / "l", polygon, box, checked=True), data)
    assert (made.format, made.boxes) == ("x-anylabeling", 1)
    wanted = expected()
    wanted[10:15, 20:24] = 255
    assert (label_map(data) == wanted).all()


def test_yolo_of_ultralytics(data: Path, tmp_path: Path) -> None:
    """Names as a list, `path` elsewhere, and photos beside `labels`."""
    root = tmp_path / "yolo"
    (root / "train" / "labels").mkdir(parents=True)
    (root / "train" / "images").mkdir()
    (root / "train" / "images" / "plain.jpg").write_bytes(
        (data / "images" / "plain.jpg").read_bytes())
    (root / "data.yaml").write_text(
        "path: ../datasets/somewhere\ntrain: ../train/images\nval: ../train/images\nnc: 2\n"
        f"names: {list(CLASSES)}\n", encoding="utf-8")
    shares = " ".join(f"{x / 37:.6f} {y / 23:.6f}" for x, y in ((3, 2), (9, 2), (9, 8), (3, 8)))
    (root / "train" / "labels" / "plain.txt").write_text(f"0 {shares}\n", encoding="utf-8")
    made = import_labels(root, data)
    assert made.format == "yolo"
    assert (label_map(data) == expected()).all()


def test_voc_with_the_colours_of_a_labelmap(data: Path, tmp_path: Path) -> None:
    """As CVAT exports it: RGB pictures, labels in any order."""
    root = tmp_path / "voc"
    (root / "SegmentationClass").mkdir(parents=True)
    pixels = np.zeros((*SIZE, 3), np.uint8)
    pixels[SQUARE] = (250, 50, 83)
    pixels[20:, 30:] = (224, 224, 192)
    Image.fromarray(pixels).save(root / "SegmentationClass" / "plain.png")
    (root / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\nbig dog:51,221,255::\n"
        "cat:250,50,83::\n", encoding="utf-8")
    made = import_labels(root, data)
    wanted = expected()
    wanted[20:, 30:] = 255
    assert made.format == "voc"
    assert (label_map(data) == wanted).all()


@pytest.mark.parametrize(("kind", "values"), [
    ("labelTrainIds", (0, 13, 255)), ("labelIds", (7, 26, 4)),
])
def test_cityscapes(kind: str, values: tuple[int, int, int], tmp_path: Path) -> None:
    """Train ids before label ids; what is void is undecided, colours are passed over."""
    root, city = tmp_path / "city", "train/ulm"
    for folder, name in (("leftImg8bit", "a_leftImg8bit"), ("gtFine", f"a_gtFine_{kind}"),
                         ("gtFine", "a_gtFine_color"), ("gtFine", "a_gtFine_instanceIds")):
        (root / folder / city).mkdir(parents=True, exist_ok=True)
        pixels = np.full(SIZE, values[0], np.uint8)
        pixels[SQUARE], pixels[20:] = values[1], values[2]
        Image.fromarray(pixels).save(root / folder / city / f"{name}.png")
    made = import_labels(root, tmp_path / "new")
    assert (made.format, made.photos, made.problems) == ("mmseg", 1, [])
    wanted = np.ones(SIZE, np.uint8)
    wanted[SQUARE], wanted[20:] = 14, 255
    assert (label_map(tmp_path / "new", "ulm/a_leftImg8bit") == wanted).all()


def test_voc_boxes_count_from_one(tmp_path: Path) -> None:
    """And their last pixels are included."""
    root = tmp_path / "voc"
    (root / "Annotations").mkdir(parents=True)
    write_data(root, ("plain.jpg",), annotations=False)
    (root / "images").rename(root / "JPEGImages")
    (root / "Annotations" / "plain.xml").write_text(
        "<annotation><size><width>37</width><height>23</height></size><object><name>cat</name>"
        "<bndbox><xmin>4</xmin><ymin>3</ymin><xmax>9</xmax><ymax>8</ymax></bndbox></object>"
        "</annotation>", encoding="utf-8")
    made = import_labels(root, tmp_path / "new", format="voc")
    assert (made.new, made.boxes, made.labels) == (True, 1, 0)
    row = rows(tmp_path / "new" / "boxes.csv")[0]
    assert [row[key] for key in ("left", "top", "right", "bottom")] == ["3", "2", "9", "8"]
