"""New photos of every odd kind through the network of a run."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from loaded_before import command as typed
from PIL import Image, ImageOps
from several_processes import launch
from tiny_runs import CLASSES, draw_photo, listing
from typer.testing import Result

import tag2mask
from tag2mask.prediction import runtime_choice
from tag2mask.prediction.runtime_choice import choose_runtime

Command = Callable[..., Result]


def write_odd_photos(folder: Path) -> dict[str, tuple[int, int]]:
    """Write one drawn photo in many kinds of file, and give the upright (width, height) of each."""
    folder.mkdir()
    photo = draw_photo(5)[0]
    turned = Image.Exif()
    turned[0x0112] = 6
    photo.save(folder / "turned.jpg", exif=turned)
    with Image.open(folder / "turned.jpg") as picture:
        ImageOps.exif_transpose(picture).save(folder / "righted.png")
    photo.convert("L").save(folder / "grey.png")
    photo.convert("RGBA").save(folder / "alpha.png")
    photo.convert("CMYK").save(folder / "print.jpg")
    photo.convert("P").save(folder / "palette.gif")
    deep = np.asarray(photo.convert("L")).astype(np.uint16) * 257
    Image.fromarray(deep).save(folder / "deep.tif")
    photo.resize((1, 48)).save(folder / "thin.png")
    photo.resize((1, 1)).save(folder / "dot.png")
    photo.resize((3000, 200)).save(folder / "wide.webp")
    plain = dict.fromkeys(("grey", "alpha", "print", "palette", "deep"), (64, 48))
    upright = dict.fromkeys(("turned", "righted"), (48, 64))
    return {**plain, **upright, "thin": (1, 48), "dot": (1, 1), "wide": (3000, 200)}


def test_masks_come_back_at_the_photos_own_size(
    finished: Path, command: Command, tmp_path: Path
) -> None:
    """Upright, as palette pictures, with a row for each class on the photo or an empty one."""
    sizes, out = write_odd_photos(tmp_path / "photos"), tmp_path / "out"
    result = command("predict", tmp_path / "photos", "--run", finished, "--out", out, "-q")
    assert result.exit_code == 0, (result.output, result.exception)
    for name, size in sizes.items():
        with Image.open(out / "masks" / f"{name}.png") as mask:
            assert (mask.mode, mask.size) == ("P", size)
            labels = np.asarray(mask)
        assert labels.max() <= len(CLASSES)
        assert told_shares(out, name) == pytest.approx({
            label: float((labels == number).mean())
            for number, label in enumerate(CLASSES, start=1) if (labels == number).any()
        }, abs=1e-5)
        with Image.open(out / "overlays" / f"{name}.jpg") as picture:
            assert picture.mode == "RGB"
    turned, righted = (np.asarray(Image.open(out / "masks" / f"{name}.png"))
                       for name in ("turned", "righted"))
    assert np.array_equal(turned, righted)


def told_shares(out: Path, name: str) -> dict[str, float]:
    """Read one photo's rows in predictions.csv."""
    with (out / "predictions.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["image"] == name]
    assert rows
    return {row["class"]: float(row["area_share"]) for row in rows if row["class"]}


def test_a_bad_photo_is_told(
    tiny_data: Path, finished: Path, command: Command, tmp_path: Path
) -> None:
    """Among many it is left out; on its own it is an error, and nothing is written."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    shutil.copytree(tiny_data / "images", photos)
    (photos / "bad.jpg").write_text("these are no pixels")
    result = command("predict", photos, "--run", finished, "--out", out, "-q")
    assert result.exit_code == 0
    assert "Left out" in result.stdout
    assert "bad.jpg" in result.stdout
    assert len(list((out / "masks").iterdir())) == 16
    alone = command("predict", photos / "bad.jpg", "--run", finished, "--out", tmp_path / "no")
    assert alone.exit_code == 2
    assert alone.stderr.splitlines()[-1].startswith("Error: ")
    assert not (tmp_path / "no").exists()


def test_predicting_twice_gives_the_same(
    tiny_data: Path, finished: Path, command: Command, tmp_path: Path
) -> None:
    """Masks and pictures that lie among the photos are no photos the second time."""
    photos = tmp_path / "photos"
    shutil.copytree(tiny_data / "images", photos)
    words = ["predict", photos, "--run", finished, "--out", photos, "-q"]
    assert command(*words).exit_code == 0
    first = set(listing(photos))
    assert command(*words).exit_code == 0
    assert set(listing(photos)) == first


def test_several_processes_predict_what_one_predicts(
    tiny_data: Path, finished: Path, command: Command, tmp_path: Path
) -> None:
    """Masks, overlays, and the tables, which only the first process writes; byte for byte."""
    pytest.importorskip("pyarrow")
    words = ("predict", tiny_data / "images", "--run", finished, "--device", "cpu", "--parquet",
             "--runtime", "onnx", "-q", "--out")
    assert command(*words, tmp_path / "one").exit_code == 0
    ended = launch(2, tmp_path, typed, (*words, tmp_path / "two"))
    assert [each.code for each in ended] == [0, 0], [each.err for each in ended]
    one, two = ({path.relative_to(tmp_path / out): path.read_bytes().replace(
        bytes(tmp_path / out), b"") for path in (tmp_path / out).rglob("*.*")}
        for out in ("one", "two"))
    assert {path.name for path in two} >= {"predictions.csv", "predictions.parquet", "data.json"}
    assert two == one


def test_masks_that_are_not_its_own_are_not_overwritten(
    data_copy: Path, finished: Path, copied: Path, command: Command
) -> None:
    """Neither true masks nor the pseudo masks of a run."""
    for out, run in ((data_copy, finished), (copied, copied)):
        before = listing(out)
        result = command("predict", data_copy / "images", "--run", run, "--out", out, "-q")
        assert result.exit_code == 2
        assert "choose another --out" in result.stderr
        assert listing(out) == before


def test_python_says_what_the_command_writes(tiny_data: Path, finished: Path) -> None:
    """The network reads a file or an array."""
    path = tiny_data / "images" / "p05.png"
    segment = tag2mask.load_segmenter(finished)
    found = segment(path)
    assert (found.mask == segment(np.asarray(Image.open(path))).mask).all()
    assert found.mask.shape == (48, 64)
    assert set(found.shares) <= set(CLASSES)


def test_a_closer_look_goes_through_tiles(
    tiny_data: Path, finished: Path, tmp_path: Path, command: Command
) -> None:
    """A photo that is read much larger still gets a mask of its own size."""
    words = ["predict", tiny_data / "images" / "p05.png", "--run", finished, "-q"]
    closer = ["--long-side", 1300, "--scales", "0.25,0.5", "--flip"]
    assert command(*words, "--out", tmp_path / "plain").exit_code == 0
    result = command(*words, "--out", tmp_path / "closer", *closer)
    assert result.exit_code == 0, result.stderr
    plain, tiled = (np.asarray(Image.open(tmp_path / name / "masks" / "p05.png"))
                    for name in ("plain", "closer"))
    assert tiled.shape == plain.shape == (48, 64)
    assert set(np.unique(tiled)) <= {0, 1, 2}


def test_runtimes_agree(tiny_data: Path, finished: Path, tmp_path: Path, command: Command) -> None:
    """On 99.9 % of the pixels, of all photos together."""
    masks_agree(("onnx", "torch"), tiny_data, finished, tmp_path, command)


def test_bfloat16_is_compared_with_a_trained_network(
    tiny_data: Path, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after training on a CPU that has it; a few pixels may change, and that is told."""
    monkeypatch.setattr(runtime_choice, "bfloat16_runtimes", lambda: ("torch_bfloat16",))
    photos = [np.asarray(Image.open(path)) for path in sorted((tiny_data / "images").iterdir())]
    tried = choose_runtime(copied / "segmenter", photos).tried
    assert 0.95 < tried["torch_bfloat16"].agreement <= 1
    assert tag2mask.load_segmenter(copied)(photos[0]).mask.shape == (48, 64)


@pytest.mark.slow
def test_the_compiled_runtime_agrees(
    tiny_data: Path, finished: Path, tmp_path: Path, command: Command
) -> None:
    """On the same share; it takes a compiler, and a minute."""
    masks_agree(("onnx", "compiled"), tiny_data, finished, tmp_path, command)


def masks_agree(
    runtimes: tuple[str, str], tiny_data: Path, finished: Path, tmp_path: Path, command: Command
) -> None:
    """Predict all photos with both, and compare."""
    found = {}
    for runtime in runtimes:
        out = tmp_path / runtime
        words = [tiny_data / "images", "--run", finished, "--out", out, "-q"]
        assert command("predict", *words, "--runtime", runtime).exit_code == 0
        masks = sorted((out / "masks").glob("*.png"))
        found[runtime] = np.concatenate([np.asarray(Image.open(mask)).ravel() for mask in masks])
    first, second = (found[runtime] for runtime in runtimes)
    assert (first == second).mean() >= 0.999
