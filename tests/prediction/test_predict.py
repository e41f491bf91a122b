"""New photos become masks, pictures and a table, whatever they are called."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from tag2mask.core.contracts import InputError
from tag2mask.core.progress import Progress
from tag2mask.data.masks import load_mask
from tag2mask.interchange import rasters
from tag2mask.interchange.exporting import export_labels
from tag2mask.interchange.format import WriteOptions
from tag2mask.interchange.sources import Selection
from tag2mask.prediction import predict as prediction
from tag2mask.prediction.left_out import PredictSummary
from tag2mask.prediction.predict import predict_photos
from tag2mask.prediction.segmentation import LoadedSegmenter, Segmentation


class HalfAndHalf:
    """Stands in for a network: the left half is a cat, the lower quarter a dog."""

    class spec:  # noqa: N801  (an attribute of the real one)
        """Only the names and the depth of photos are asked for."""

        classes = ("dog", "cat", "bird")
        depth = None

    def predict(self, photo: np.ndarray, classes: object = None) -> np.ndarray:
        """Look at nothing but the size; a white photo has nothing on it."""
        mask = np.zeros(photo.shape[:2], np.uint8)
        if photo.min() < 255:
            mask[:, : mask.shape[1] // 2] = 2
            mask[mask.shape[0] * 3 // 4 :] = 1
        return mask


def draw(path: Path, colour: str = "red", size: tuple[int, int] = (20, 12)) -> Path:
    """Write a photo of (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


def run_on(*inputs: Path, out: Path, workers: int = 1) -> PredictSummary:
    """Segment photos."""
    segmenter = LoadedSegmenter(HalfAndHalf())
    return predict_photos(inputs, segmenter, out=out, workers=workers, progress=Progress())


def files(out: Path, folder: str) -> list[str]:
    """List what is in a folder, below it too."""
    return sorted(p.relative_to(out / folder).as_posix() for p in (out / folder).rglob("*.*"))


def test_a_folder_becomes_masks_pictures_and_a_table(tmp_path: Path) -> None:
    """Under the photos' names; hidden files and other things are passed over."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    draw(photos / "a.jpg")
    draw(photos / "deep" / "b.c.PNG", size=(9, 31))
    draw(photos / ".hidden" / "x.jpg")
    draw(photos / "white.png", "white")
    (photos / "notes.txt").write_text("mine")
    assert run_on(photos, out=out) == PredictSummary(3, [])
    assert files(out, "masks") == ["a.png", "deep/b.c.png", "white.png"]
    assert files(out, "overlays") == ["a.jpg", "deep/b.c.jpg", "white.jpg"]
    assert load_mask(out / "masks" / "deep" / "b.c.png", size=(31, 9), num_labels=4).max() == 2
    with (out / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], row["class"]) for row in rows] == [
        ("a", "cat"), ("a", "dog"), ("deep/b.c", "cat"), ("deep/b.c", "dog"), ("white", ""),
    ]
    assert float(rows[0]["area_share"]) == 0.375
    assert float(rows[1]["area_share"]) == 0.25
    assert rows[-1]["area_share"] == "0"


def sources(out: Path) -> dict[str, str]:
    """Give the source of each image in the table."""
    with (out / "predictions.csv").open(newline="") as file:
        return {row["image"]: row["source"] for row in csv.DictReader(file)}


def test_photos_of_one_stem_keep_apart(tmp_path: Path) -> None:
    """All of them take their suffix along; the same file given twice is one photo."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.jpg", "a.png", "b.jpg"):
        draw(photos / name)
    again = photos / ".." / "photos" / "a.png"
    assert run_on(photos, photos / "a.png", again, out=out).written == 3
    assert files(out, "masks") == ["a.jpg.png", "a.png.png", "b.png"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_cameras_keep_apart(tmp_path: Path, order: tuple[int, int]) -> None:
    """Names begin with the camera, in any order of the folders, and the table tells the file."""
    cameras = [tmp_path / "site" / "cam1", tmp_path / "site" / "cam2"]
    draw(cameras[0] / "x.png", "white", (20, 12))
    draw(cameras[1] / "x.png", "white", (9, 31))
    draw(cameras[1] / "deep" / "y.jpg", "white")
    out = tmp_path / "out"
    assert run_on(*(cameras[place] for place in order), out=out).written == 3
    assert files(out, "masks") == ["cam1/x.png", "cam2/deep/y.png", "cam2/x.png"]
    assert load_mask(out / "masks/cam2/x.png", size=(31, 9), num_labels=4).shape == (31, 9)
    assert sources(out) == {
        "cam1/x": str(cameras[0] / "x.png"), "cam2/x": str(cameras[1] / "x.png"),
        "cam2/deep/y": str(cameras[1] / "deep" / "y.jpg"),
    }


def test_folders_of_one_name_are_told_apart_by_their_parents(tmp_path: Path) -> None:
    """As photos given one by one are by their folders."""
    inputs = [draw(tmp_path / site / "cam" / "a.jpg") for site in ("one", "two", "three")]
    run_on(*inputs, out=tmp_path / "out")
    assert files(tmp_path / "out", "masks") == [
        "one/cam/a.png", "three/cam/a.png", "two/cam/a.png"
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_folder_inside_another_is_read_once(tmp_path: Path, order: tuple[int, int]) -> None:
    """As part of the outer one, with links to its photos."""
    outer = tmp_path / "photos"
    inner = draw(outer / "cam" / "x.png").parent
    (outer / "cam" / "z.png").symlink_to(inner / "x.png")
    run_on(*((outer, inner)[place] for place in order), out=tmp_path / "out")
    assert files(tmp_path / "out", "masks") == ["cam/x.png"]


def test_names_that_a_prefix_makes_equal_are_numbered(tmp_path: Path) -> None:
    """Whatever folders are called, no mask overwrites another."""
    for name in ("x.png", "x.png.jpg", "x.jpg"):
        draw(tmp_path / "a" / name)
    run_on(tmp_path / "a", out=tmp_path / "out")
    assert len(files(tmp_path / "out", "masks")) == 3


def test_photos_are_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """Folder by folder: those of `a` come before `a b`, although "/" comes after " "."""
    for name in ("a.png", "a/z.png", "a/b/y.png", "a b/x.png", "B.png"):
        draw(tmp_path / "photos" / name)
    run_on(tmp_path / "photos", out=tmp_path / "out")
    assert [Path(source) for source in dict.fromkeys(sources(tmp_path / "out").values())] \
        == sorted((tmp_path / "photos").rglob("*.png"))


def test_earlier_predictions_are_no_photos(tmp_path: Path) -> None:
    """Written among the photos, into this folder or another."""
    photos = tmp_path / "photos"
    draw(photos / "a.jpg")
    for _ in range(2):
        for out in (photos, photos / "old"):
            assert run_on(photos, out=out).written == 1
    assert files(photos, "masks") == ["a.png"]


def test_masks_of_other_photos_are_counted(tmp_path: Path) -> None:
    """They stay, although the new table lists the new photos alone; the same photos are none."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.jpg", "deep/b.c.png", "d.png"):
        draw(photos / name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            run_on(photos, out=out)
    with pytest.warns(UserWarning, match=(
        r"masks also holds 2 masks of earlier commands, a\.png first, which are not in "
        r"predictions\.csv; give --out a new folder"
    )):
        run_on(photos / "d.png", draw(tmp_path / "x.png"), out=out)
    assert files(out, "masks") == ["a.png", "d.png", "deep/b.c.png", "x.png"]


def test_the_folder_of_a_run_is_refused(tmp_path: Path) -> None:
    """Even before it has masks: its data.json would be replaced."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.toml").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="is the folder of a run"):
        run_on(draw(tmp_path / "a.png"), out=tmp_path / "run")


def test_nothing_to_segment_is_told(tmp_path: Path) -> None:
    """A missing path, and a folder without photos."""
    with pytest.raises(InputError, match="nowhere does not exist"):
        run_on(tmp_path / "nowhere", out=tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"There is no photo in .*empty"):
        run_on(tmp_path / "empty", out=tmp_path / "out")


@pytest.mark.parametrize("workers", [0, 2])
def test_one_bad_photo_among_many_is_left_out(tmp_path: Path, workers: int) -> None:
    """And named; the order of the table stays."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    for number in range(10):
        draw(photos / f"{number}.png", "white")
    (photos / "4x.jpg").write_text("no photo")
    summary = run_on(photos, out=out, workers=workers)
    assert summary.written == 10
    assert [Path(lost.photo).name for lost in summary.left_out] == ["4x.jpg"]
    assert summary.left_out[0].left_out
    lines = (out / "predictions.csv").read_text().splitlines()
    assert lines == ["image,class,area_share,source",
                     *(f"{number},,0,{photos / f'{number}.png'}" for number in range(10))]


def test_more_than_a_tenth_is_an_error(tmp_path: Path) -> None:
    """That names the first; what could be read is there all the same."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    draw(photos / "a.png")
    (photos / "b.jpg").write_text("no photo")
    with pytest.raises(InputError, match=r"1 of 2 photos cannot be read.*b\.jpg is no picture"):
        run_on(photos, out=out)
    assert files(out, "masks") == ["a.png"]
    assert (out / "predictions.csv").exists()
    with pytest.raises(InputError, match=r"b\.jpg is no picture"):
        run_on(photos / "b.jpg", out=tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_result_can_be_looked_at_and_saved(tmp_path: Path) -> None:
    """From Python, for a file as for an array; large ones are drawn smaller."""
    segment = LoadedSegmenter(HalfAndHalf())
    found = segment(draw(tmp_path / "a.png", size=(2000, 40)))
    assert found.shares == {"cat": 0.375, "dog": 0.25}
    assert list(found.shares) == ["cat", "dog"]
    assert found.plot().size[0] <= 1700
    assert found.save(tmp_path / "b.png") == tmp_path / "b.png"
    assert Image.open(tmp_path / "b.png").size == (2000, 40)
    assert segment(np.full((5, 8, 3), 255, np.uint8)).shares == {}


def test_undecided_pixels_count_for_no_class() -> None:
    """Shares are of the whole photo."""
    mask = np.array([[0, 1, 255, 255]], np.uint8)
    found = Segmentation(np.zeros((1, 4, 3), np.uint8), mask, ("cat", "dog"))
    assert found.shares == {"cat": 0.25}


def test_a_georeference_that_is_lost_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without rasterio the mask is an ordinary picture."""
    monkeypatch.setattr(rasters, "find_spec", lambda name: None)
    (tmp_path / "photos").mkdir()
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[34735] = (1, 1, 0, 0)
    Image.new("RGB", (20, 12)).save(tmp_path / "photos" / "field.tif", tiffinfo=tags)
    with pytest.warns(UserWarning, match=r"field\.tif first; .*tag2mask\[interchange\]"):
        run_on(tmp_path / "photos", out=tmp_path / "out")
    assert files(tmp_path / "out", "masks") == ["field.png"]


def test_a_world_file_goes_along(tmp_path: Path) -> None:
    """So that the mask lies where its photo lies."""
    draw(tmp_path / "photos" / "a.jpg")
    (tmp_path / "photos" / "a.jgw").write_text("0.5\n0\n0\n-0.5\n10\n20\n", encoding="utf-8")
    run_on(tmp_path / "photos", out=tmp_path / "out")
    assert (tmp_path / "out" / "masks" / "a.pgw").read_text(encoding="utf-8").startswith("0.5\n")


def test_the_output_can_be_exported(tmp_path: Path) -> None:
    """It remembers where the photos are, and what the labels mean."""
    draw(tmp_path / "photos" / "deep" / "a b.jpg")
    run_on(tmp_path / "photos", out=tmp_path / "out")
    export_labels(tmp_path / "out", tmp_path / "voc", format="voc", options=WriteOptions(),
                  selection=Selection(what="predictions"))
    mask = load_mask(tmp_path / "voc" / "SegmentationClass" / "deep" / "a b.png", size=(12, 20),
                     num_labels=4)
    assert sorted(np.unique(mask).tolist()) == [0, 1, 2]
    assert (tmp_path / "voc" / "JPEGImages" / "deep" / "a b.jpg").is_file()
    assert "dog:128,0,0::" in (tmp_path / "voc" / "labelmap.txt").read_text(encoding="utf-8")


def test_the_network_is_loaded_after_the_processes_have_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Joining chooses the GPU of a process; before that, every network would go to the first."""
    order: list[str] = []

    @contextmanager
    def joined(*, device: str) -> Iterator[None]:
        order.append(f"joined {device}")
        yield
        order.append("left")

    def load(*_: object, **options: object) -> LoadedSegmenter:
        order.append(f"loaded {options['device']}")
        return LoadedSegmenter(HalfAndHalf())

    monkeypatch.setattr(prediction, "joined", joined)
    monkeypatch.setattr(prediction, "load_segmenter", load)
    monkeypatch.setattr(prediction, "device_name", lambda device: "cuda")
    photo = draw(tmp_path / "a.png")
    prediction.predict([photo], run=tmp_path, out=tmp_path / "out", device="auto")
    assert order == ["joined auto", "loaded cuda", "left"]
