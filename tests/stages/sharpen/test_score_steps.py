"""Steps on the scores of all photos: one after the other on a CPU, several at once on a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from tag2mask.run_folder.context import Context
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.stages.sharpen import score_steps
from tag2mask.stages.sharpen.score_steps import apply_steps

CPU, OTHER = torch.device("cpu"), torch.device("meta")  # which stands for a GPU


class Brighter:
    """A step that adds the brightness of each pixel; it notes how many photos it gets at once."""

    def __init__(self) -> None:
        """Start without calls."""
        self.calls: list[int] = []

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Take one photo."""
        self.calls.append(1)
        return scores + photo.mean(2, dtype=np.float32) / 255

    def many(
        self, photos: Sequence[np.ndarray], scores: Sequence[np.ndarray], *, device: torch.device
    ) -> list[np.ndarray]:
        """Take several photos."""
        self.calls.append(len(photos))
        return [own + photo.mean(2, dtype=np.float32) / 255
                for photo, own in zip(photos, scores, strict=True)]


class Alone:
    """A step that knows nothing of several photos."""

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Take one photo."""
        return scores * 2


def start(name: str, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return scores that depend on the photo's name."""
    rng = np.random.default_rng(list(name.encode()))
    return rng.uniform(0, 1, (2, *size)).astype(np.float32), np.array([0])


def applied(folder: Path, steps: Sequence[Brighter | Alone], out: Path, device: torch.device
            ) -> dict[str, np.ndarray]:
    """Apply steps, and return the scores of each photo."""
    context = Context(run=RunFolder(folder), dataset=read_run_dataset(RunFolder(folder)),
                      device="cpu", workers=2)
    apply_steps(context, device, 48, start, steps, lambda name: out / f"{name}.npz")
    return {file.stem: read_planes(file)[0] for file in sorted(out.glob("*.npz"))}


@pytest.mark.parametrize("most", [1, 2**11, 2**20])
def test_several_photos_at_once_get_what_each_gets_alone(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Every photo once, in groups of as many pixels as are allowed."""
    monkeypatch.setattr(score_steps, "_PIXELS_AT_ONCE", most)
    alone, together = Brighter(), Brighter()
    one = applied(finished, [alone], tmp_path / "alone", CPU)
    other = applied(finished, [together], tmp_path / "together", OTHER)
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert alone.calls == [1] * len(one)
    assert sum(together.calls) == len(one)
    assert (len(together.calls) == len(one)) == (most == 1)


def test_a_step_that_takes_one_photo_gets_one(finished: Path, tmp_path: Path) -> None:
    """Then the others do as well."""
    brighter = Brighter()
    found = applied(finished, [brighter, Alone()], tmp_path, OTHER)
    assert brighter.calls == [1] * len(found)
