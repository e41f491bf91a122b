"""Features of several processes are those of one, however the photos are shared out."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from several_processes import launch

from tag2mask.core import processes
from tag2mask.data.dataset import Photo
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.sharpening.normality import Normality
from tag2mask.stages.sharpen.feature_reader import coarse_feature, looks
from tag2mask.stages.sharpen.normal_distances import FEWEST, NormalDistances
from tag2mask.stages.sharpen.normality_choice import CHOSEN, fit_normality

TAGGED = 31
"""Batches of one photo each: of two processes, one has 16 of them and the other 15."""


def features_and_weights(run: Path, photos: Path, out: list[Path] | Path) -> None:
    """Write one feature and the weights of all photos, and what is decided by them."""
    context = Context(run=RunFolder(run), device="cpu", dataset=replace(
        read_run_dataset(RunFolder(run)), root=photos, photos=tuple(
            Photo(name=path.stem, path=path, tags=() if path.stem.startswith("none") else (0,),
                  split="train", mask=None) for path in sorted(photos.iterdir()))))
    tagged = [photo for photo in context.dataset.photos if photo.tags]
    with processes.joined(device="cpu"):
        seen = {photo.name: feature for photo, feature in looks(
            context, tagged, torch.device("cpu"), coarse_feature)}
        step, cpu = Normality(), torch.device("cpu")
        normal = NormalDistances(context, cpu)
        fit_normality(context, normal, step, halves, cpu)
        if processes.is_first():
            (context.run.sharpener / CHOSEN).unlink()
        processes.barrier()
        made = fit_normality(context, normal, Normality(judged_at=0.5), halves, cpu)
    assert step.weights is not None
    assert made is not None
    weights = {f"weights of {photo.name}": step.weights(photo.name) for photo in tagged}
    decided = np.array([made.low, made.high, made.without, made.helped])
    np.savez(str(out), decided=decided, **seen, **weights)  # type: ignore[arg-type]


def halves(photo: Photo) -> tuple[np.ndarray, np.ndarray]:
    """Return scores whose upper part is foreground, a part that differs from photo to photo."""
    scores = np.full((2, 48, 64), 0.5, np.float32)
    scores[1] = np.linspace(1, 0, 48)[:, None] + 0.1 * float(photo.name[1:]) / TAGGED
    return np.zeros((48, 64, 3), np.uint8), scores


def test_two_processes_read_what_one_reads(copied: Path, tmp_path: Path) -> None:
    """Photos of as many sizes as there are photos, so that processes have different numbers."""
    rng, photos = np.random.default_rng(0), tmp_path / "photos"
    photos.mkdir()
    for number in range(TAGGED + FEWEST):
        size = (48 + number % TAGGED, 64, 3)
        name = f"q{number:02}" if number < TAGGED else f"none{number}"
        Image.fromarray(rng.integers(0, 255, size, dtype=np.uint8)).save(photos / f"{name}.png")
    other = Path(shutil.copytree(copied, tmp_path / "other"))
    features_and_weights(copied, photos, tmp_path / "one.npz")
    ended = launch(2, tmp_path, features_and_weights, other, photos,
                   [tmp_path / "two.npz", tmp_path / "second.npz"])
    assert [each.code for each in ended] == [0, 0], ended
    with np.load(tmp_path / "one.npz") as one:
        assert len(one.files) == 2 * TAGGED + 1
        for name in ("two", "second"):
            with np.load(tmp_path / f"{name}.npz") as two:
                assert sorted(two.files) == sorted(one.files)
                for key in one.files:
                    np.testing.assert_allclose(two[key], one[key], atol=1e-5, err_msg=key)
