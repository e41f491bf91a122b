"""Two classifiers in one run: trained from the start each, and their maps averaged."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from loaded_before import run_ended
from tiny_runs import KILL_AFTER, QUICK, results

from tag2mask.data.batches import sized_batches
from tag2mask.models.classifiers.map_reading import read_maps
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.strategies.loading import load_classifier

SETTINGS = (*QUICK, "classify.strategy=ensemble", "activate.discriminant=false",
            "sharpen.steps=none", "segment.epochs=1")


def run(data: Path, out: Path, **environment: str) -> int | None:
    """Run `tag2mask run` in a process of its own, and give the exit code."""
    return run_ended(data, out, SETTINGS, **environment)


@pytest.fixture(scope="module")
def undisturbed(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a run that nobody stopped; not to be changed."""
    out = tmp_path_factory.mktemp("ensemble") / "run"
    assert run(tiny_data, out) == 0
    return out


def test_both_classifiers_are_trained_alike_and_are_different(undisturbed: Path) -> None:
    """From the same pretrained weights, on unchanged photos, for as many epochs."""
    first, second = (load_classifier(undisturbed, number=number).state_dict()
                     for number in (1, 2))
    same = {name for name in first if torch.equal(first[name], second[name])}
    assert {name.split(".")[0] for name in first.keys() - same} == {"backbone", "head"}
    assert same, "the first blocks keep their weights"
    epochs = [list(csv.DictReader(path.open(encoding="utf-8"))) for path in (
        undisturbed / "classifier" / "curve.csv",
        undisturbed / "classifier" / "round2" / "curve.csv")]
    assert len(epochs[0]) == len(epochs[1]) > 0
    assert not list((undisturbed / "classifier").rglob("erased"))
    rounds = json.loads((undisturbed / "classifier" / "rounds.json").read_text(encoding="utf-8"))
    assert set(rounds["rounds"].values()) == {2}


def test_maps_are_the_mean_of_both(undisturbed: Path) -> None:
    """Each normalised by itself before."""
    folder = RunFolder(undisturbed)
    photos = [photo for photo in read_run_dataset(folder).photos if photo.tags][:3]
    classifiers = [load_classifier(undisturbed, number=number) for number in (1, 2)]
    for photo in photos:
        batch = next(iter(sized_batches(
            [photo], long_side=classifiers[0].spec.long_side, batch_size=1, workers=1)))
        maps = [read_maps(classifier, [photo], batch, torch.device("cpu"),
                          method="correlated_cam", scales=(1.5, 2), flip=True)[0]
                for classifier in classifiers]
        stored = read_planes(folder.map_file(photo.name))[0]
        mean = (maps[0] + maps[1])[: len(photo.tags)] / 2
        assert np.abs(stored - mean).max() < 2e-3
        assert np.abs(maps[0] - maps[1]).max() > 1e-2


def test_a_run_that_is_killed_in_the_second_training_ends_alike(
    undisturbed: Path, tiny_data: Path, tmp_path: Path
) -> None:
    """It resumes there."""
    out = tmp_path / "run"
    assert run(tiny_data, out, **{KILL_AFTER: "round2/checkpoint.safetensors"}) != 0
    assert run(tiny_data, out) == 0
    assert results(out) == results(undisturbed)
