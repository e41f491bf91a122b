"""Settings that a run chooses from its data: made once, recorded, printed and in the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from tag2mask.run_folder.records import (
    BatchNormChoice,
    LongerTraining,
    SharpenAbout,
    StepsChoice,
)
from tag2mask.run_folder.tables import read_table
from tag2mask.run_folder.weights import read_weights
from tag2mask.stages.classify import batch_norm_choice, longer_training, tag_fitting
from tag2mask.stages.report.chosen_section import chosen
from tag2mask.strategies.loading import load_classifier, load_untrained_backbone
from tag2mask.training import loop
from tag2mask.training.checkpoint import save_checkpoint

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


@pytest.mark.parametrize(("learned", "epochs"), [(0.0, 3), (1e3, 2)])
def test_a_classifier_that_has_not_learned_the_tags_is_trained_longer(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learned: float, epochs: int
) -> None:
    """The curve is that of the longer training, and the report has the reason."""
    monkeypatch.setattr(longer_training, "LEARNED", learned)
    monkeypatch.setattr(longer_training, "LONGER", 3)
    monkeypatch.setattr(tag_fitting, "EPOCHS", 2)
    run = pipeline.run(
        tiny_data, tmp_path / "run", overrides=[*QUICK, "classify.epochs=auto"], until="classify")
    curve = read_table(run.classifier / "curve.csv")
    assert [row["epoch"] for row in curve] == [str(number + 1) for number in range(epochs)]
    assert not [*run.classifier.glob("checkpoint*")]
    made = read_record(run.classifier / "longer.json", LongerTraining)
    assert made is not None
    assert made.longer == (3 if epochs == 3 else 0)
    rows = [what for what, _ in chosen(run) if what == "Epochs of the classifier"]
    assert len(rows) == epochs - 2


@pytest.mark.parametrize("saved", [2, 4], ids=["before the decision", "in the longer training"])
def test_an_interrupted_longer_training_goes_on_to_the_same_end(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: int
) -> None:
    """It starts from the weights that the first one started from, also in another process."""
    monkeypatch.setattr(longer_training, "LEARNED", 0.0)
    monkeypatch.setattr(longer_training, "LONGER", 3)
    monkeypatch.setattr(tag_fitting, "EPOCHS", 2)
    settings = [*QUICK, "classify.epochs=auto"]

    def stop_after(number: int) -> Callable[..., None]:
        left = iter(range(number))

        def save(*given: Any) -> None:  # noqa: ANN401  (whatever a checkpoint is made of)
            save_checkpoint(*given)
            if next(left) == number - 1:
                raise KeyboardInterrupt

        return save

    whole = pipeline.run(tiny_data, tmp_path / "whole", overrides=settings, until="classify")
    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_checkpoint", stop_after(saved))
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(tiny_data, tmp_path / "parts", overrides=settings, until="classify")
    parts = pipeline.run(tiny_data, tmp_path / "parts", overrides=settings, until="classify")
    for name in ("curve.csv", "longer.json"):
        assert (parts.classifier / name).read_bytes() == (whole.classifier / name).read_bytes()
    mine, wanted = (read_weights(run.classifier / "weights.safetensors") for run in (parts, whole))
    assert all(torch.equal(mine[name], value) for name, value in wanted.items())


def test_a_number_of_epochs_is_taken_as_it_is(tiny_data: Path, tmp_path: Path) -> None:
    """Whatever has been learned."""
    run = pipeline.run(
        tiny_data, tmp_path / "run", overrides=[*QUICK, "classify.epochs=1"], until="classify")
    assert len(read_table(run.classifier / "curve.csv")) == 1
    assert not (run.classifier / "longer.json").exists()
    with pytest.raises(InputError, match='epochs must be "auto" or a whole number'):
        Config.from_dict({"classify": {"epochs": "four"}})
