"""Settings that a run chooses from its data: made once, recorded, printed and in the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_runs import QUICK, listing

from tag2mask import pipeline
from tag2mask.core.contracts import InputError
from tag2mask.core.json_records import read_record
from tag2mask.pipeline.config import Config
from tag2mask.run_folder.context import read_about
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import BatchNormChoice, SharpenAbout, StepsChoice
from tag2mask.run_folder.weights import read_weights
from tag2mask.stages.classify import batch_norm_choice
from tag2mask.strategies.loading import load_classifier, load_untrained_backbone

Run = Callable[..., RunFolder]
AUTO = "sharpen.steps=auto"


def test_the_steps_are_chosen_and_taken(
    tiny_data: Path, copied: Path, run_quickly: Run
) -> None:
    """The scores are those of the chosen steps given by name."""
    run = run_quickly(tiny_data, copied, AUTO)
    made = read_record(run.sharpener / "steps.json", StepsChoice)
    assert made is not None
    assert made.found
    assert made.photos == 11
    assert {"none", "dense_crf"} <= set(made.figures)
    assert read_about(run, SharpenAbout).sharpening == made.steps
    assert made.sentence in run.report.read_text(encoding="utf-8")
    chosen = {name: read_planes(run.sharp_file(name))[0] for name in ("p01", "p12")}
    again = run_quickly(tiny_data, copied, f"sharpen.steps={','.join(made.steps) or 'none'}")
    for name, scores in chosen.items():
        assert np.array_equal(read_planes(again.sharp_file(name))[0], scores)
    assert not (again.sharpener / "steps.json").exists()


def test_a_choice_is_not_repeated(tiny_data: Path, copied: Path, run_quickly: Run) -> None:
    """Neither by a second run nor where some scores are missing."""
    run = run_quickly(tiny_data, copied, AUTO)
    before = listing(copied)
    run_quickly(tiny_data, copied, AUTO)
    run.sharp_file("p01").unlink()
    run_quickly(tiny_data, copied, AUTO)
    assert listing(copied)["sharpener/steps.json"] == before["sharpener/steps.json"]
    assert run.sharp_file("p01").exists()


def test_auto_takes_no_steps_beside_it() -> None:
    """It is the whole choice."""
    with pytest.raises(InputError, match="takes no others beside it"):
        Config.from_dict({"sharpen": {"steps": ["auto", "dense_crf"]}})


@pytest.mark.parametrize(("least", "adapt"), [(1e-3, True), (1e3, False)])
def test_batch_normalisation_adapts_where_the_photos_are_far_from_the_pretraining(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: float, adapt: bool
) -> None:
    """The choice decides the training, and layers that are not trained never adapt."""
    monkeypatch.setattr(batch_norm_choice, "FEWEST", 8)
    monkeypatch.setattr(batch_norm_choice, "LEAST_SHIFT", least)
    settings = [*QUICK, "classify.epochs=1", "classify.batch_norm=auto"]
    run = pipeline.run(tiny_data, tmp_path / "run", overrides=settings, until="classify")
    made = read_record(run.classifier / "batch_norm.json", BatchNormChoice)
    assert made is not None
    assert (made.adapt, made.least, made.photos) == (adapt, least, 12)
    trained = load_classifier(run.root)
    start = load_untrained_backbone(trained.spec)
    assert start is not None
    same = {
        name: torch.equal(value, trained.backbone.get_buffer(name))
        for name, value in start.named_buffers() if name.endswith("running_mean")
    }
    assert next(iter(same.values())), "a frozen layer"
    assert list(same.values())[-1] is not adapt


def test_a_setting_or_too_few_photos_decide_without_a_measurement(
    tiny_data: Path, tmp_path: Path
) -> None:
    """And nothing is recorded as a choice."""
    for setting in ("auto", "fixed"):
        run = pipeline.run(
            tiny_data, tmp_path / setting, until="classify",
            overrides=[*QUICK, "classify.epochs=1", f"classify.batch_norm={setting}"])
        assert not (run.classifier / "batch_norm.json").exists()
    weights = [read_weights(tmp_path / setting / "classifier" / "weights.safetensors")
               for setting in ("auto", "fixed")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
