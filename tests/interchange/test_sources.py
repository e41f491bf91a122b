"""What is exported of a run, of `predict`'s output and of a data set."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn import draw_mask, write_data, write_mask

from tag2mask.core.contracts import InputError
from tag2mask.data.readers import read_dataset
from tag2mask.interchange.exporting import export_labels
from tag2mask.interchange.format import WriteOptions
from tag2mask.interchange.sources import Selection, open_source, usual
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes
from tag2mask.run_folder.tables import write_table

NAMES = ("plain.jpg", "sub/x.jpg", "empty.jpg", "sub2/x.jpg")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Give a run with pseudo masks, a network's masks, trust and scores."""
    dataset = read_dataset(write_data(tmp_path / "data", NAMES))
    run = RunFolder(tmp_path / "run")
    write_dataset(run, dataset)
    (run.root / "config.toml").write_text("", encoding="utf-8")
    for number, name in enumerate(NAMES):
        stem = name.rpartition(".")[0]
        write_mask(run.mask_file(stem), draw_mask(name, number))
        write_mask(run.prediction_file(stem), np.full((23, 37), 2, np.uint8))
    write_table(run.trust, ["image", "split", "class", "trust"], [
        ["plain", "train", "", 0.25], ["plain", "train", "cat", 0.75], ["sub/x", "val", "", 0.9]])
    planes = np.stack([np.full((5, 7), 0.5), np.full((5, 7), 1.5)])
    write_planes(run.sharp_file("plain"), planes, np.array([1]))
    return run


def export(root: Path, out: Path, name: str, **chosen: object) -> dict[str, object]:
    """Export as COCO, and read the file."""
    selection = Selection(**{"what": usual(root), **chosen})  # type: ignore[arg-type]
    export_labels(root, out, format=name, selection=selection, options=WriteOptions(images="none"))
    found = next(out.rglob("*.json"), None)
    content: dict[str, object] = json.loads(found.read_text(encoding="utf-8")) if found else {}
    return content


def test_pseudo_masks_carry_their_trust(run: RunFolder, tmp_path: Path) -> None:
    """Of the photo with the photo, of the class with the annotation."""
    made = export(run.root, tmp_path / "out", "coco")
    images = {image["file_name"]: image for image in made["images"]}  # type: ignore[attr-defined]
    assert images["plain.jpg"]["trust"] == 0.25
    assert "trust" not in images["sub2/x.jpg"]
    cats = [a["score"] for a in made["annotations"]  # type: ignore[attr-defined]
            if a["image_id"] == images["plain.jpg"]["id"] and a["category_id"] == 1]
    assert cats == [0.75]


def test_doubtful_photos_are_left_out(run: RunFolder, tmp_path: Path) -> None:
    """Photos that nobody judged stay."""
    made = export(run.root, tmp_path / "out", "coco", min_trust=0.5)
    assert [image["file_name"] for image in made["images"]] == [  # type: ignore[attr-defined]
        "empty.jpg", "sub/x.jpg", "sub2/x.jpg"]


def test_predictions_have_no_trust(run: RunFolder, tmp_path: Path) -> None:
    """trust.csv judges pseudo masks; asking for it is refused."""
    made = export(run.root, tmp_path / "out", "coco", what="predictions")
    assert len(made["annotations"]) == len(NAMES)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="only judges the pseudo and final masks"):
        export(run.root, tmp_path / "more", "coco", what="predictions", min_trust=0.5)


def test_final_masks_are_what_is_usual(run: RunFolder, tmp_path: Path) -> None:
    """With their trust; a run that was evaluated before there were any says what to do."""
    with pytest.raises(InputError, match="no final masks yet; run `tag2mask evaluate"):
        export(run.root, tmp_path / "none", "coco", what="final-masks")
    for name in NAMES:
        write_mask(run.final_file(name.rpartition(".")[0]), np.full((23, 37), 1, np.uint8))
    made = export(run.root, tmp_path / "out", "coco", min_trust=0.5)
    found = [(a["category_id"], a["area"]) for a in made["annotations"]]  # type: ignore[attr-defined]
    assert found == [(1, 23 * 37)] * (len(NAMES) - 1)


def test_annotations_of_a_run_are_those_of_its_data_set(run: RunFolder, tmp_path: Path) -> None:
    """And true masks, of which there are none here."""
    made = export(run.root, tmp_path / "out", "coco", what="annotations")
    assert len(made["images"]) == len(NAMES)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="has no masks to export"):
        export(run.root, tmp_path / "more", "coco", what="masks")


def test_probabilities_go_into_archives(run: RunFolder, tmp_path: Path) -> None:
    """They add up to 1, and say which labels they are of."""
    export(run.root, tmp_path / "out", "npz")
    with np.load(tmp_path / "out" / "plain.npz") as found:
        assert found["probabilities"].shape == (2, 5, 7)
        assert found["probabilities"][1].max() == pytest.approx(0.75)
        assert found["probability_labels"].tolist() == [0, 2]
        assert found["classes"].tolist() == ["background", "cat", "big dog"]
    with np.load(tmp_path / "out" / "sub" / "x.npz") as found:
        assert "probabilities" not in found


def test_what_predict_wrote(run: RunFolder, tmp_path: Path) -> None:
    """Its data.json says which photos its masks are of."""
    dataset = read_dataset(tmp_path / "data")
    made = RunFolder(tmp_path / "predicted")
    write_dataset(made, replace(dataset, layout="prediction"))
    for photo in dataset.photos:
        write_mask(made.mask_file(photo.name), np.ones((23, 37), np.uint8))
    found = export(made.root, tmp_path / "out", "coco")
    assert len(found["annotations"]) == len(NAMES)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="use --what predictions"):
        export(made.root, tmp_path / "more", "coco", what="pseudo-masks")


def test_a_data_set_has_no_predictions(run: RunFolder, tmp_path: Path) -> None:
    """It says what it has."""
    with pytest.raises(InputError, match="use --what annotations"):
        export(tmp_path / "data", tmp_path / "out", "coco", what="predictions")


def test_an_export_is_there_as_a_whole_or_not(run: RunFolder, tmp_path: Path) -> None:
    """A folder with files is not touched, and nothing half-written stays."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is not empty"):
        export(run.root, tmp_path / "full", "coco")
    for path in run.root.glob("masks/**/*.png"):
        path.write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"No photo could be exported .*no picture"):
        export(run.root, tmp_path / "out", "coco")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "full", "run"]


def test_annotations_of_several_parts_are_crowds(run: RunFolder, tmp_path: Path) -> None:
    """They are not one object; a part alone is."""
    made = export(tmp_path / "data", tmp_path / "out", "coco")
    assert {a["iscrowd"] for a in made["annotations"]} == {1}  # type: ignore[attr-defined]
    export_labels(tmp_path / "data", tmp_path / "parts", format="coco",
                  selection=Selection(what="annotations"),
                  options=WriteOptions(instances="parts"))
    found = json.loads((tmp_path / "parts" / "annotations" / "instances_default.json").read_text(
        encoding="utf-8"))
    assert {a["iscrowd"] for a in found["annotations"]} == {0}


def test_class_numbers_stay_those_that_they_came_with(run: RunFolder, tmp_path: Path) -> None:
    """As an import noted them."""
    (tmp_path / "data" / "class_ids.json").write_text('{"big dog": 17, "cat": 90}',
                                                      encoding="utf-8")
    made = export(tmp_path / "data", tmp_path / "out", "coco")
    assert {c["name"]: c["id"] for c in made["categories"]} == {  # type: ignore[attr-defined]
        "cat": 90, "big dog": 17}


def write_boxes(data: Path, *rows: str) -> None:
    """Write boxes as a spreadsheet does, in shares of width and height, with other spellings."""
    (data / "boxes.csv").write_text("\n".join(
        ("file;label;xmin;ymin;xmax;ymax", *rows)) + "\n", encoding="utf-8")


def test_boxes_are_exported_as_they_are_read(run: RunFolder, tmp_path: Path) -> None:
    """In pixels, under the class's own name; the table of a run's data set may be newer."""
    (tmp_path / "data" / "annotations" / "plain.png").unlink()
    write_boxes(tmp_path / "data", "images/plain.jpg;Big_Dog;0.25;0.5;0.75;1")
    for number, root in enumerate((tmp_path / "data", run.root)):
        made = export(root, tmp_path / f"out{number}", "coco", what="annotations")
        number_of = {i["file_name"]: i["id"] for i in made["images"]}  # type: ignore[attr-defined]
        boxes = [a["bbox"] for a in made["annotations"]  # type: ignore[attr-defined]
                 if a["image_id"] == number_of["plain.jpg"]]
        assert boxes == [[9.25, 11.5, 18.5, 11.5]]


@pytest.mark.parametrize("what", ["pseudo-masks", "predictions"])
def test_masks_older_than_annotations_say_so(run: RunFolder, tmp_path: Path, what: str) -> None:
    """A run does not follow them by itself; the command that makes it follow is named."""
    selection = Selection(what=what)
    assert not any("have changed" in note for note in open_source(run.root, selection).notes)
    (tmp_path / "data" / "annotations" / "plain.png").unlink()
    (note,) = [note for note in open_source(run.root, selection).notes if "since" in note]
    assert note == (f"Annotations of 1 photo have changed since {run.root} was made; run "
                    f"`tag2mask run {tmp_path / 'data'} --out {run.root}`.")
    write_boxes(tmp_path / "data", "images/sub/x.jpg;cat;0;0;0.25;0.25")
    assert any("Annotations of 2 photos" in note for note in open_source(run.root, selection).notes)
    shutil.move(tmp_path / "data", tmp_path / "moved")
    assert not any("since" in note for note in open_source(run.root, selection).notes)


def test_boxes_of_background_have_no_class_elsewhere(run: RunFolder, tmp_path: Path) -> None:
    """They are counted, and the others are exported."""
    (tmp_path / "data" / "annotations" / "plain.png").unlink()
    write_boxes(tmp_path / "data", "images/plain.jpg;background;0;0;0.25;0.25",
                "images/plain.jpg;cat;0.25;0.5;0.75;1")
    made = export_labels(tmp_path / "data", tmp_path / "out", format="coco",
                         selection=Selection(what="annotations"),
                         options=WriteOptions(images="none"))
    assert made.photos == len(NAMES)
    assert any(note.startswith("1 boxes and points of background") for note in made.notes)
