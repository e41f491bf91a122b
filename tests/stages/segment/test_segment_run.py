"""What follows the training of the network: raised logits and the export, of the best weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tag2mask import pipeline
from tag2mask.run_folder.weights import read_weights
from tag2mask.stages.segment import run as segment
from tag2mask.training.mask_training import MaskTraining


def read_of(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list of the weights that the stage reads from now on."""
    paths: list[Path] = []

    def read(path: Path) -> dict[str, Tensor]:
        paths.append(path)
        return read_weights(path)

    monkeypatch.setattr(segment, "read_weights", read)
    return paths


def test_the_best_weights_are_read_once(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both after a training and for an export that is missing."""
    paths, weights = read_of(monkeypatch), copied / "segmenter" / "weights.safetensors"
    pipeline.run_stage("segment", copied)
    assert paths == [weights]
    (copied / "segmenter" / "model.onnx").unlink()
    (copied / "segmenter" / "runtime.json").unlink(missing_ok=True)
    pipeline.run_stage("segment", copied)
    assert set(paths) == {weights}


def test_an_interruption_after_the_training_changes_nothing(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor where logits are raised: the network does not learn from the photos that are counted."""
    monkeypatch.setattr(MaskTraining, "missed", raising(MaskTraining.missed))
    whole = Path(shutil.copytree(copied, tmp_path / "whole"))
    pipeline.run_stage("segment", whole)
    with monkeypatch.context() as broken:
        broken.setattr(MaskTraining, "missed", interrupt)
        with pytest.raises(KeyboardInterrupt):
            pipeline.run_stage("segment", copied)
    pipeline.run_stage("segment", copied)
    found, wanted = (
        read_weights(run / "segmenter" / "weights.safetensors") for run in (copied, whole))
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    exported = [(run / "segmenter" / "model.onnx").read_bytes() for run in (copied, whole)]
    assert exported[0] == exported[1]


def raising(missed: Callable[[MaskTraining], np.ndarray]) -> Callable[[MaskTraining], np.ndarray]:
    """Raise the logit of the first class in any case."""

    def raised(training: MaskTraining) -> np.ndarray:
        found = missed(training)
        found[:] = 0
        found[1] = 0.5
        return found

    return raised


def interrupt(*_: object) -> None:
    """Be Ctrl-C."""
    raise KeyboardInterrupt
