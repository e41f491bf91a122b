"""Trainings that compute a batch in parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_runs import listing
from typer.testing import Result

from tag2mask import pipeline
from tag2mask.data.dataset import Dataset
from tag2mask.pipeline.config import Config
from tag2mask.pipeline.fingerprint import settings_digest
from tag2mask.run_folder.tables import read_table
from tag2mask.stages import STAGES


def losses(table: Path) -> list[float]:
    """Give the losses of a training."""
    return [float(row["loss"]) for row in read_table(table)]


def test_a_classifier_in_parts_is_that_of_whole_batches(copied: Path) -> None:
    """Losses to 1e-4."""
    whole, before = losses(copied / "classifier/curve.csv"), listing(copied / "classifier")
    pipeline.run_stage("classify", copied, device="cpu", overrides=["classify.at_once=3"])
    assert losses(copied / "classifier/curve.csv") == pytest.approx(whole, abs=1e-4)
    assert listing(copied / "classifier") != before


@pytest.mark.parametrize(("loss", "said"), [
    ("lovasz", "the overlap of classes and batch normalisation see"),
    ("cross_entropy", "batch normalisation sees"),
])
def test_a_network_in_parts_says_what_sees_a_part(
    loss: str, said: str, copied: Path, command: Callable[..., Result]
) -> None:
    """Batch normalisation in its decoder adapts; without parts nothing is said."""
    settings = ("--device", "cpu", "--set", "segment.onnx=false", "--set", "segment.epochs=1",
                "--set", f"segment.loss={loss}")
    assert "at_once" not in command("segment", copied, *settings).stderr
    result = command("segment", copied, *settings, "--set", "segment.at_once=3")
    assert result.exit_code == 0, result.stderr
    assert f"with at_once, {said} about 3 crops at a time instead of a batch of 4" \
        in result.stderr
    assert losses(copied / "segmenter/curve.csv")[0] < 4


@pytest.mark.parametrize(("setting", "changed"), [
    ("classify.at_once", {"classify", "activate", "sharpen", "label", "segment", "evaluate",
                          "report"}),
    ("sharpen.at_once", {"sharpen", "label", "segment", "evaluate", "report"}),
    ("segment.at_once", {"segment", "evaluate", "report"}),
])
def test_only_a_setting_in_use_counts(setting: str, changed: set[str], tmp_path: Path) -> None:
    """Runs of earlier versions are not computed again; nor what has no training."""
    data = Dataset(root=tmp_path, layout="voc", classes=("cat",), photos=())

    def digests(**settings: object) -> dict[str, str]:
        config = Config.from_dict(settings)
        return {stage.name: settings_digest(stage, data, config) for stage in STAGES}

    usual, used = digests(), digests(**{setting: 4})
    assert {name for name in usual if usual[name] != used[name]} == changed
    assert digests(**{setting: 0}) == usual
    if setting == "sharpen.at_once":
        without = {"sharpen.second_round": False}
        assert digests(**without) == digests(**without, **{setting: 4})
