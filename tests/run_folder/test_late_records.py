"""Files that another process wrote may be shown late to those that read them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tag2mask.core.contracts import InputError
from tag2mask.core.processes import late_files
from tag2mask.data.dataset import Dataset
from tag2mask.prediction.exported import open_exported
from tag2mask.run_folder.data_file import read_run_dataset, write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_masks, write_masks
from tag2mask.sharpening.class_agnostic import ClassAgnostic, share_means
from tag2mask.strategies.loading import load_classifier
from tag2mask.training import checkpoint


def test_a_late_data_set_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not taken for a folder without a run; but not for ever."""
    monkeypatch.setattr(late_files, "count", lambda: 2)
    run = RunFolder(tmp_path)
    write_dataset(run, Dataset(root=tmp_path, layout="voc", classes=("cat",), photos=()))
    late = run.data.rename(tmp_path / "late.json")
    threading.Timer(0.3, lambda: late.rename(run.data)).start()
    assert read_run_dataset(run).classes == ("cat",)
    run.data.unlink()
    monkeypatch.setattr(late_files, "PATIENCE", 0.05)
    with pytest.raises(InputError, match="is no run folder"):
        read_run_dataset(run)


def late(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the second of two processes see a file only after a while."""
    monkeypatch.setattr(late_files, "count", lambda: 2)
    monkeypatch.setattr(late_files, "_INTERVAL", 0.01)
    hidden = path.rename(path.with_name(f"late{path.suffix}"))
    threading.Timer(0.2, lambda: hidden.rename(path)).start()


def test_late_masks_are_not_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo without class-agnostic masks would keep its scores, without a word."""
    masks = np.zeros((1, 4, 6), bool)
    masks[0, :2] = True
    write_masks(tmp_path / "a.npz", masks)
    late(tmp_path / "a.npz", monkeypatch)
    scores = np.random.default_rng(0).random((2, 4, 6), np.float32)
    step = ClassAgnostic(folder=str(tmp_path), combine=share_means)
    photo = np.zeros((4, 6, 3), np.uint8)
    found = step(photo, scores, device=torch.device("cpu"), name="a")
    np.testing.assert_allclose(found[:, :2], np.broadcast_to(
        scores[:, :2].mean((1, 2), keepdims=True), (2, 2, 6)), rtol=1e-5)
    assert not step.missing


def test_masks_that_are_missing_are_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder of the user's own, in which many photos may have none."""
    waited: list[Path] = []
    monkeypatch.setattr("tag2mask.run_folder.planes.await_file", waited.append)
    step = ClassAgnostic(folder=str(tmp_path), combine=share_means)
    for name in ("a", "b", "c"):
        step(np.zeros((4, 6, 3), np.uint8), np.zeros((2, 4, 6), np.float32),
             device=torch.device("cpu"), name=name)
    assert waited == [tmp_path / "a.npz"]
    assert step.missing == {"a", "b", "c"}


@pytest.mark.parametrize(("file", "read"), [
    ("segmenter/model.onnx", lambda run: open_exported(run / "segmenter/model.onnx")),
    ("classifier/weights.safetensors", load_classifier),
    ("masks.npz", lambda run: read_masks(run / "masks.npz")),
], ids=["onnx", "classifier", "masks"])
def test_late_files_of_a_run_are_waited_for(
    file: str, read: Callable[[Path], object], finished: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By all that read what the first process has just written."""
    (tmp_path / file).parent.mkdir(exist_ok=True)
    if (finished / file).exists():
        shutil.copy(finished / file, tmp_path / file)
    else:
        write_masks(tmp_path / file, np.ones((1, 2, 3), bool))
    late(tmp_path / file, monkeypatch)
    read(tmp_path)


def test_a_late_checkpoint_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first process has said that it exists."""
    net, path = nn.Linear(2, 1), tmp_path / "c.safetensors"
    optimizer = torch.optim.AdamW(net.parameters())
    checkpoint.save_checkpoint(path, net, optimizer, checkpoint.Progress(epoch=3))
    monkeypatch.setattr(checkpoint, "exists", lambda _: True)
    late(path, monkeypatch)
    assert checkpoint.load_checkpoint(path, net, optimizer).epoch == 3
