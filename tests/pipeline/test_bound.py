"""The bound: trained once on true masks, beside the network's figure, and used for nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_runs import listing

from tag2mask.data.masks import load_mask
from tag2mask.pages import words
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import Figure, read_metrics
from tag2mask.stages import STAGES
from tag2mask.stages.evaluate.bound import counted

Run = Callable[..., RunFolder]
BOUND = "evaluate.bound=true"


def bounds(run: RunFolder) -> list[Figure]:
    """Return the figures of the bound."""
    return [figure for figure in read_metrics(run).figures if figure.what == words.BOUND]


@pytest.fixture
def bounded(tiny_data: Path, copied: Path, run_quickly: Run) -> RunFolder:
    """Give a finished run to which its bound was added."""
    return run_quickly(tiny_data, copied, BOUND)


def test_it_is_added_to_a_finished_run(
    bounded: RunFolder, finished: Path, tiny_data: Path, copied: Path, run_quickly: Run
) -> None:
    """Nothing but the evaluation is repeated, and all other figures stay as they were."""
    before = read_metrics(RunFolder(finished)).figures
    after = read_metrics(bounded).figures
    assert tuple(figure for figure in after if figure.what != words.BOUND) == before
    [found] = bounds(bounded)
    assert (found.split, found.oracle, found.tags) == ("val", True, "predicted")
    assert found.sharpening == ()
    assert found.miou is not None
    network = listing(copied / "segmenter")
    assert network == listing(bounded.root / "segmenter")
    kept = listing(copied / "bound")
    run_quickly(tiny_data, copied, BOUND, "label.band=0.3")
    assert listing(copied / "bound") == kept, "other pseudo masks do not change it"
    run_quickly(tiny_data, copied, BOUND, "segment.epochs=1")
    assert listing(copied / "bound")["segmenter/weights.safetensors"] != \
        kept["segmenter/weights.safetensors"]


def test_it_learns_from_true_masks_of_training_photos_alone(
    bounded: RunFolder, tiny_data: Path
) -> None:
    """Held-out masks are not even copied."""
    photos = {photo["name"]: photo for photo in json.loads(bounded.data.read_text())["photos"]}
    masks = sorted((bounded.root / "bound" / "masks").glob("*.png"))
    assert {path.stem for path in masks} == {
        name for name, photo in photos.items() if photo["split"] == "train"}
    for path in masks:
        truth = load_mask(tiny_data / "masks" / path.name, size=None, num_labels=3)
        assert np.array_equal(load_mask(path, size=None, num_labels=3), truth)


def test_the_report_shows_it(bounded: RunFolder) -> None:
    """As a pair of figures and a sentence."""
    page = bounded.report.read_text(encoding="utf-8")
    [found] = bounds(bounded)
    assert f"of {words.score(found.miou)}" in page
    assert "its bound: what the same network reaches" in page
    assert "The same for every row but the bound" in page


def test_without_masks_of_training_photos_there_is_none(
    data_copy: Path, tmp_path: Path, copied: Path, run_quickly: Run
) -> None:
    """The run says so and goes on."""
    names = [line.split(",")[0] for line in (data_copy / "tags.csv").read_text().splitlines()
             if line.endswith("train")]
    shutil.copytree(copied, tmp_path / "other")
    for name in names:
        (data_copy / "masks" / f"{Path(name).stem}.png").unlink(missing_ok=True)
    run = run_quickly(data_copy, tmp_path / "other", BOUND)
    assert bounds(run) == []
    assert not (run.root / "bound").exists()


def test_settings_of_later_versions_do_not_train_it_again() -> None:
    """While they have their default, which the run of an earlier version did not write."""
    segment = next(stage for stage in STAGES if stage.name == "segment")
    older = {"epochs": 2, "onnx": False}
    assert counted(segment, {**older, "at_once": 0}) == older
    assert counted(segment, {**older, "at_once": 2}) == {**older, "at_once": 2}
