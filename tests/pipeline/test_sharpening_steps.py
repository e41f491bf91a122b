"""Every way of sharpening can be asked for in a run, alone and one after the other."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_runs import listing
from tiny_sam import save_tiny_sam
from typer.testing import Result

from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks.levels import Levels
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_masks, read_planes
from tag2mask.run_folder.records import OutlineChoice
from tag2mask.sharpening.proposals import Proposals
from tag2mask.stages.report.chosen_section import chosen
from tag2mask.stages.sharpen import mask_making, refining, second_round, self_training
from tag2mask.stages.sharpen import run as sharpen_run

Command = Callable[..., Result]
SMALL = ("sharpen.size=64", "sharpen.epochs=1")


@pytest.fixture(autouse=True)
def _few_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve photos would be looked at for as long as hundreds."""
    monkeypatch.setattr(refining, "_MOST_EPOCHS", 3)


def sharpened(run: Path, command: Command, steps: str, *settings: str) -> dict[str, Any]:
    """Sharpen a run by some steps; check what is left, and return what the stage says of itself."""
    given = [f"sharpen.steps={steps}", *SMALL, *settings]
    result = command("sharpen", run, "-q", *(part for one in given for part in ("--set", one)))
    assert result.exit_code == 0, result.stderr
    files = sorted((run / "sharp").glob("*.npz"))
    assert len(files) == 15
    for file in files:
        scores, tags = read_planes(file)
        assert len(scores) == 1 + len(tags)
        assert np.isfinite(scores).all()
        assert scores.min() >= 0
    record = json.loads((run / "stages" / "sharpen.json").read_text(encoding="utf-8"))
    assert record["about"]["sharpening"] == ([] if steps == "none" else steps.split(","))
    return dict(record)


@pytest.mark.parametrize(("steps", "setting", "asked"), [
    ("dense_crf", "sharpen.outline=true", True), ("dense_crf", "sharpen.outline=false", False),
    ("none", "sharpen.outline=true", False), ("affinity:psa", "sharpen.outline=true", False),
    ("dense_crf,self_training", "sharpen.outline=true", True),
])
def test_outlines_lower_the_share_of_sharpened_scores(
    steps: str, setting: str, asked: bool, copied: Path, command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of maps as they are, nothing is lowered; the masks and the report follow."""
    made = OutlineChoice(before=0.4, share=0.1, edge_before=1, edge=2)
    monkeypatch.setattr(sharpen_run, "share_by_outlines", lambda *_, **__: made)
    about = sharpened(copied, command, steps, setting)["about"]
    used = json.loads((copied / "sharp" / "background.json").read_text(encoding="utf-8"))
    assert (about.get("outline") is not None) == asked
    assert (about["share"] == used["share"] == 0.1) == asked
    assert ("Share of foreground", made.sentence) in chosen(RunFolder(copied)) or not asked


@pytest.mark.parametrize(("steps", "crf"), [
    ("none", False), ("dense_crf:deeplab", True), ("superpixels,pixel_adaptive", False),
    ("affinity:psa", True), ("affinity,dense_crf", True),
])
def test_steps_that_need_nothing_else(
    steps: str, crf: bool, copied: Path, command: Command
) -> None:
    """And whether a CRF had a part in them, in the record."""
    about = sharpened(copied, command, steps)["about"]
    assert about["crf"] == crf
    assert about["outside_help"] == []
    assert (copied / "refined").exists() == steps.startswith("affinity")


def test_self_training_goes_on_where_it_stopped(
    copied: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps before make its masks, steps after sharpen what it predicts.

    Thresholds, for which processes wait for each other, are never found in a thread.
    """
    threads: list[threading.Thread] = []

    def in_thread(photos: Iterable[Photo], file: Callable[[str], Path]) -> Levels:
        threads.append(threading.current_thread())
        return Levels(photos, file)

    monkeypatch.setattr(self_training, "Levels", in_thread)
    steps = "pixel_adaptive,self_training,dense_crf"
    sharpened(copied, command, steps)
    before = {path.name: path.read_bytes() for path in (copied / "sharp").glob("*.npz")}
    weights = copied / "sharpener" / "network.safetensors"
    trained = weights.stat().st_mtime_ns
    shutil.rmtree(copied / "sharp")
    record = copied / "stages" / "sharpen.json"  # as a kill leaves it
    record.write_text(record.read_text(encoding="utf-8").replace('"done": true', '"done": false'))
    sharpened(copied, command, steps)
    assert weights.stat().st_mtime_ns == trained
    assert threads == 2 * [threading.main_thread()]
    assert {p.name: p.read_bytes() for p in (copied / "sharp").glob("*.npz")} == before
    assert command("label", copied, "-q", *("--set", f"sharpen.steps={steps}"),
                   *(part for one in SMALL for part in ("--set", one))).exit_code == 0


def test_a_prior_is_outside_help(copied: Path, tmp_path: Path, command: Command) -> None:
    """Told in the record; a photo without one is left as it was, and counted."""
    prior = tmp_path / "prior"
    prior.mkdir()
    for number in range(14):
        grey = Image.fromarray(np.full((48, 64), 16 * number, np.uint8))
        grey.save(prior / f"p{number:02}.png")
    record = sharpened(copied, command, "saliency", f"sharpen.saliency={prior}")
    assert record["about"]["outside_help"] == ["saliency"]
    assert "2 of 15 photos have no prior" in record["warnings"][0]


def test_kernels_are_chosen_once(copied: Path, command: Command) -> None:
    """On the scores that reach the CRF; what led to them is in the record."""
    steps = "pixel_adaptive,dense_crf:tune"
    about = sharpened(copied, command, steps)["about"]
    assert about["crf"]
    told = about["dense_crf"]
    assert len(told["kernels"]) == 2
    assert not told["oracle"]
    assert told["photos"] == 11
    if told["found"]:
        assert len(told["figures"]) == len(told["candidates"])
    before = {path.name: path.read_bytes() for path in (copied / "sharp").glob("*.npz")}
    sharpened(copied, command, steps)
    assert {p.name: p.read_bytes() for p in (copied / "sharp").glob("*.npz")} == before


def test_masks_are_made_once(
    copied: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stay for other settings, what is lost is made again, and another SAM makes its own."""
    every = partial(Proposals, points=2, least_iou=-99, least_stability=0)  # it knows nothing
    monkeypatch.setattr(mask_making, "Proposals", every)
    sam = save_tiny_sam(tmp_path / "sam")
    record = sharpened(copied, command, "class_agnostic", f"sharpen.masks=sam:{sam}")
    assert record["about"]["outside_help"] == ["class-agnostic masks"]
    made = listing(copied / "class_agnostic")
    assert len(made) == 16
    assert read_masks(copied / "class_agnostic" / "p01.npz").shape[1:] == (48, 64)
    (copied / "class_agnostic" / "p03.npz").unlink()
    sharpened(copied, command, "pixel_adaptive,class_agnostic", f"sharpen.masks=sam:{sam}")
    again = listing(copied / "class_agnostic")
    assert {name for name in made if again[name] != made[name]} == {"p03.npz"}
    other = save_tiny_sam(tmp_path / "other")
    sharpened(copied, command, "class_agnostic", f"sharpen.masks=sam:{other}")
    assert not set(listing(copied / "class_agnostic").items()) & set(made.items())


@pytest.mark.parametrize(("steps", "told"), [
    ("sliency", "steps: There is no sharpening step 'sliency'; did you mean 'saliency'?"),
    ("dense_crf,affinity", "must come before dense_crf"),
    ("saliency", "the step saliency needs the setting sharpen.saliency"),
    ("class_agnostic", "needs the setting sharpen.masks"),
    ("affinity,affinity:psa", "steps takes one affinity"),
])
def test_steps_that_do_not_fit_are_told(
    steps: str, told: str, copied: Path, command: Command
) -> None:
    """Before anything is done."""
    result = command("sharpen", copied, "--set", f"sharpen.steps={steps}")
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


@pytest.mark.parametrize(("most", "edge"), [(-1.0, 1.0), (1.0, 1.0), (1.0, 2.0)])
def test_a_network_goes_on_from_that_of_the_second_round(
    most: float, edge: float, copied: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For half of the epochs; if it loses too many tags, or edges, all is as without it."""
    def outlines(*given: object, learned: bool, **_: object) -> OutlineChoice:
        lowered = 0.2 if learned else 0.1
        return OutlineChoice(before=0.4, share=lowered, edge_before=1, edge=1 if learned else edge)

    monkeypatch.setattr(second_round, "MOST_MISSED", most)
    monkeypatch.setattr(sharpen_run, "share_by_outlines", outlines)
    settings = ("sharpen.steps=dense_crf", "sharpen.second_round=true", "segment.epochs=auto",
                "segment.onnx=false", *SMALL)
    words = [part for one in settings for part in ("--set", one)]
    for stage in ("sharpen", "label", "segment"):
        result = command(stage, copied, "-q", *words)
        assert result.exit_code == 0, result.stderr
    about = json.loads((copied / "stages" / "sharpen.json").read_text(encoding="utf-8"))["about"]
    used = about["second_round"]["used"]
    assert used == (most > 0 and edge <= 1)
    assert about["share"] == (0.2 if used else 0.1)
    assert ("edges 2.0 times" in dict(chosen(RunFolder(copied)))["Second round"]) == (edge > 1)
    steps = ["dense_crf", "self_training", "dense_crf:colour"]
    assert about["sharpening"] == (steps if used else steps[:1])
    for file in (copied / "sharp").glob("*.npz"):
        first, _ = read_planes(copied / "sharpener" / "scores" / file.name)
        assert np.array_equal(first, read_planes(file)[0]) != used
    curve = (copied / "segmenter" / "curve.csv").read_text(encoding="utf-8").splitlines()
    assert len(curve) == 1 + (4 if used else 8)


def test_a_decision_by_outlines_that_was_interrupted_is_made_again(
    copied: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the scores of the network were removed, and before that was written down."""
    def outlines(*_: object, learned: bool, **__: object) -> OutlineChoice:
        return OutlineChoice(before=0.4, share=0.1, edge_before=1, edge=1 if learned else 2)

    monkeypatch.setattr(second_round, "MOST_MISSED", 1.0)
    monkeypatch.setattr(sharpen_run, "share_by_outlines", outlines)
    settings = ("sharpen.steps=dense_crf", "sharpen.second_round=true", *SMALL)
    words = [part for one in settings for part in ("--set", one)]
    assert command("sharpen", copied, "-q", *words).exit_code == 0
    before = {path.name: path.read_bytes() for path in (copied / "sharp").glob("*.npz")}
    choice = copied / "sharpener" / "second_round.json"
    decided = json.loads(choice.read_text(encoding="utf-8"))
    assert not decided["used"]
    shutil.rmtree(copied / "sharp")
    choice.write_text(json.dumps(decided | {"used": True, "edge": 0.0}), encoding="utf-8")
    record = copied / "stages" / "sharpen.json"
    left = json.loads(record.read_text(encoding="utf-8")) | {"done": False}
    record.write_text(json.dumps(left), encoding="utf-8")
    assert command("sharpen", copied, "-q", *words).exit_code == 0
    assert json.loads(choice.read_text(encoding="utf-8")) == decided
    assert {path.name: path.read_bytes() for path in (copied / "sharp").glob("*.npz")} == before
