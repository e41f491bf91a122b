"""Out and back, through every format that can be read: the same label maps, bit for bit."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from drawn import NAMES, differences, write_data

from tag2mask.interchange import FORMATS
from tag2mask.interchange.exporting import export_labels
from tag2mask.interchange.format import WriteOptions
from tag2mask.interchange.importing import import_labels
from tag2mask.interchange.sources import Selection

BOTH_WAYS = [name for name in FORMATS.names() if FORMATS.get(name).read]
ANNOTATIONS = Selection(what="annotations")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the drawn data set; not to be changed."""
    return write_data(tmp_path_factory.mktemp("drawn") / "data")


@pytest.mark.parametrize("instances", ["class", "parts"])
@pytest.mark.parametrize("name", BOTH_WAYS)
def test_label_maps_come_back(name: str, instances: str, data: Path, tmp_path: Path) -> None:
    """Into the data set that they came from, and the format is recognised."""
    made = export_labels(data, tmp_path / "out", format=name, selection=ANNOTATIONS,
                         options=WriteOptions(instances=instances))
    assert (made.photos, made.problems) == (len(NAMES), ())
    again = write_data(tmp_path / "again", annotations=False)
    back = import_labels(tmp_path / "out", again)
    assert (back.format, back.photos, back.problems) == (name, len(NAMES), [])
    assert differences(data, again) == {}


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_a_data_set_is_made_of_an_export(name: str, data: Path, tmp_path: Path) -> None:
    """With the same names, tags and label maps; its photos are upright."""
    export_labels(data, tmp_path / "out", format=name, selection=ANNOTATIONS,
                  options=WriteOptions(images="copy"))
    back = import_labels(tmp_path / "out", tmp_path / "new", format=name)
    assert (back.new, back.photos, back.problems) == (True, len(NAMES), [])
    assert differences(data, tmp_path / "new") == {}
    assert tags_of(tmp_path / "new") == tags_of(data)


def tags_of(root: Path) -> dict[str, set[str]]:
    """Read tags.csv."""
    with (root / "tags.csv").open(encoding="utf-8", newline="") as file:
        return {row["image"]: set(filter(None, row["tags"].split(";")))
                for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", [n for n in FORMATS.names() if not FORMATS.get(n).extra])
def test_undecided_as_a_class_comes_back_undecided(name: str, data: Path, tmp_path: Path) -> None:
    """Whatever the format, 255 never comes back as background."""
    export_labels(data, tmp_path / "out", format=name, options=WriteOptions(),
                  selection=Selection(what="annotations", undecided_class=True))
    if FORMATS.get(name).read:
        again = write_data(tmp_path / "again", annotations=False)
        import_labels(tmp_path / "out", again, format=name)
        assert differences(data, again) == {}


def test_simplified_polygons_stay_near(data: Path, tmp_path: Path) -> None:
    """And contours.csv says how near."""
    export_labels(data, tmp_path / "out", format="yolo", selection=ANNOTATIONS,
                  options=WriteOptions(simplify=1.0, images="link"))
    with (tmp_path / "out" / "contours.csv").open(encoding="utf-8", newline="") as file:
        ious = {row["image"]: float(row["iou"]) for row in csv.DictReader(file)}
    assert 0.3 < ious["noise.jpg"] < 1
    assert ious["full.jpg"] == 1


def test_a_split_alone(data: Path, tmp_path: Path) -> None:
    """Photos of other splits are not in the file."""
    made = export_labels(data, tmp_path / "out", format="masks", options=WriteOptions(),
                         selection=Selection(what="annotations", split="val"))
    assert made.photos == len(NAMES[1::3])
    assert {path.name for path in (tmp_path / "out" / "masks").glob("*.png")} == {
        "a b+c.png", "empty.png", "twin.png"}
