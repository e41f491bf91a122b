"""Tags in; masks, a network, figures and a page out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_runs import CLASSES, NAMES, SIZE, results, write_class_folders, write_voc

from tag2mask.models.backbones import create_backbone
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import read_metrics
from tag2mask.run_folder.weights import read_weights
from tag2mask.stages import STAGES
from tag2mask.stages.report.findings import headline

Run = Callable[..., RunFolder]
PROTOCOL = {
    "what", "split", "images", "tags", "oracle", "threshold", "pretraining", "outside_help",
    "strategy", "method", "scales", "flip", "crf", "sharpening", "seed",
}
KNOWN = {"curve.csv", "metrics.json", "tags.csv", "weights.safetensors", "model.onnx"}


def test_a_run_leaves_what_the_house_plan_names(finished: Path) -> None:
    """And nothing else: no temporary file, no checkpoint."""
    tagged = NAMES[1:]
    wanted = {
        "config.toml", "contents.json", "data.json", "metrics.json", "photos.csv", "trust.csv",
        "report.html",
        *(f"classifier/{name}" for name in KNOWN - {"model.onnx"}),
        *(f"segmenter/{name}" for name in KNOWN - {"tags.csv"}),
        *(f"maps/{name}.npz" for name in tagged), *(f"sharp/{name}.npz" for name in tagged),
        "maps/background.json", "maps/weighing.json", "maps/discriminant.safetensors",
        "sharp/background.json",
        *(f"masks/{name}.png" for name in NAMES),
        *(f"{folder}/{name}.png" for name in NAMES for folder in ("predictions", "final")),
        *(f"stages/{name}.json" for name in (stage.name for stage in STAGES)),
    }
    found = {p.relative_to(finished).as_posix() for p in finished.rglob("*") if p.is_file()}
    assert found == wanted


@pytest.mark.parametrize("folder", ["masks", "predictions", "final"])
def test_masks_are_palette_pictures_at_the_photos_own_size(finished: Path, folder: str) -> None:
    """Labels are background, the two classes, or 255 in pseudo masks; never 255 from a network."""
    labels: set[int] = set()
    for path in (finished / folder).glob("*.png"):
        with Image.open(path) as mask:
            assert mask.mode == "P"
            assert mask.size == SIZE[::-1]
            labels |= set(np.unique(np.asarray(mask)).tolist())
    assert labels <= {0, 1, 2} | ({255} if folder == "masks" else set())
    assert folder != "masks" or labels >= {1, 2}


def test_final_masks_only_hold_what_the_photo_is_tagged_with(finished: Path) -> None:
    """Whatever the network finds elsewhere."""
    run = RunFolder(finished)
    for photo in read_run_dataset(run).photos:
        labels = np.unique(np.asarray(Image.open(run.final_file(photo.name))))
        assert set(labels.tolist()) <= {0, *(tag + 1 for tag in photo.tags)}


def test_pseudo_masks_only_hold_what_the_photo_is_tagged_with(finished: Path) -> None:
    """The photo without a tag is all background; maps are there for the tags only."""
    run = RunFolder(finished)
    assert not np.asarray(Image.open(run.mask_file("p00"))).any()
    for name in NAMES[1:]:
        maps, classes = read_planes(run.map_file(name))
        labels = set(np.unique(np.asarray(Image.open(run.mask_file(name))))) - {0, 255}
        assert labels <= set(classes + 1)
        assert maps.min() >= 0
        assert maps.max() <= 1
        assert len(read_planes(run.sharp_file(name))[0]) == len(classes) + 1


def test_the_networks_backbone_keeps_the_pretrained_statistics(finished: Path) -> None:
    """Through both trainings: a small batch measures them worse."""
    state = read_weights(finished / "segmenter" / "weights.safetensors")
    wanted = create_backbone("efficientnet_lite0", weights="pretrained").state_dict()
    for key in (key for key in wanted if "running" in key):
        assert (state[f"encoder.{key}"] == wanted[key]).all(), key


def test_every_figure_carries_its_protocol(finished: Path) -> None:
    """And the headline is none that masks had a hand in."""
    metrics = json.loads((finished / "metrics.json").read_text())
    figures = metrics["figures"]
    assert {(f["what"], f["split"]) for f in figures} == {
        (what, split) for split in ("train", "val")
        for what in ("maps", "pseudo_masks", "pseudo_masks_decided", "network", "network_tags")
    }
    for figure in figures:
        assert figure.keys() >= PROTOCOL
        assert figure["images"] == (12 if figure["split"] == "train" else 4)
        assert set(figure["iou"]) == {"background", *CLASSES}
        assert figure["tags"] == ("predicted" if figure["what"] == "network" else "given")
        assert "ImageNet" in figure["pretraining"]
        if figure["what"] == "pseudo_masks":
            assert figure["miou"] > 0.4  # all background is 0.3: something was learned
    assert metrics["command"].endswith("config.toml")  # with every setting, not the defaults
    top = headline(read_metrics(RunFolder(finished)))
    assert top is not None
    honest = {f"{100 * f['miou']:.1f}" for f in figures if not f["oracle"] and f["split"] == "val"}
    assert top.value in honest


def test_an_oracle_is_never_worse_than_the_choice_without_masks(finished: Path) -> None:
    """It is the same measure, maximised; otherwise its curve would be measured differently."""
    figures = json.loads((finished / "metrics.json").read_text())["figures"]
    for split in ("train", "val"):
        best = {f["oracle"]: f["miou"] for f in figures
                if f["split"] == split and f["what"] == "pseudo_masks"}
        assert best[True] >= best[False]


def test_nothing_is_learned_from_masks(
    data_copy: Path, finished: Path, run_quickly: Run, tmp_path: Path
) -> None:
    """Without the masks everything but the figures is the same, bit for bit; so is a moved set."""
    shutil.rmtree(data_copy / "masks")
    run = run_quickly(data_copy, tmp_path / "run")
    without, with_masks = results(run.root), results(finished)
    about_masks = {"metrics.json", "photos.csv", "data.json"}
    assert without.keys() == with_masks.keys()
    assert {k for k in without if without[k] != with_masks[k]} == about_masks
    metrics = json.loads(run.metrics.read_text())
    assert metrics["figures"] == []
    assert 0 <= metrics["agreement"]["network_pseudo/val"] <= 1
    assert "<html" in run.report.read_text()


@pytest.mark.parametrize("write", [write_class_folders, write_voc])
def test_other_layouts_go_the_whole_way(
    write: Callable[[Path], Path], run_quickly: Run, tmp_path: Path
) -> None:
    """A mask for every photo, figures where there are masks, and a page in any case."""
    data = write(tmp_path / "data")
    run = run_quickly(data, tmp_path / "run", "classify.epochs=1", "segment.epochs=1")
    photos = sum(1 for suffix in ("png", "jpg") for path in data.rglob(f"*.{suffix}")
                 if path.parent.name != "SegmentationClass")
    assert sum(1 for _ in (run.root / "masks").rglob("*.png")) == photos
    assert bool(json.loads(run.metrics.read_text())["figures"]) == (data / "JPEGImages").exists()
    assert "<html" in run.report.read_text()


@pytest.mark.slow
def test_another_seed_gives_other_masks(
    tiny_data: Path, finished: Path, run_quickly: Run, tmp_path: Path
) -> None:
    """That the same seed gives the same ones is held above, where the masks are taken away."""
    first = results(finished)
    other = results(run_quickly(tiny_data, tmp_path / "other", seed=1).root)
    assert any(first[f"masks/{name}.png"] != other[f"masks/{name}.png"] for name in NAMES)


def test_the_network_is_calibrated_on_held_out_photos_only(finished: Path) -> None:
    """On every fourth pixel of each fourth row of the four photos; the page shows it."""
    figures = json.loads((finished / "metrics.json").read_text())["figures"]
    told = {f["split"]: f.get("calibration") for f in figures if f["what"] == "network"}
    assert told["train"] is None
    assert 0 <= told["val"]["ece"] <= told["val"]["mce"] <= 1
    assert sum(told["val"]["bins"]["pixels"]) == 4 * SIZE[0] * SIZE[1] // 16
    page = (finished / "report.html").read_text()
    assert "More scores, held-out photos" in page
    assert "Below the line" in page
