"""Shares of foreground: kept by a factor, and counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tag2mask.data.artifacts import RunFolder, write_planes
from tag2mask.data.dataset import Photo
from tag2mask.stages.scores import foreground_share, share_keeping_factor


def photo(root: Path, name: str, tags: tuple[int, ...]) -> Photo:
    """Name a training photo without a mask."""
    return Photo(name=name, path=root / f"{name}.jpg", tags=tags, split="train", mask=None)


@pytest.fixture
def photos(tmp_path: Path) -> tuple[RunFolder, list[Photo]]:
    """Give two photos, foreground on a quarter and a half of them, and one without a tag."""
    run = RunFolder(tmp_path)
    made = []
    for name, share in (("a", 0.25), ("b", 0.5)):
        scores = np.full((2, 48, 64), 0.5, np.float32)
        scores[1] = 0.2 + 0.2 * np.random.default_rng(0).random((48, 64))
        scores[1, :, : int(64 * share)] += 0.4
        write_planes(run.sharp_file(name), scores, np.array([0]))
        made.append(photo(tmp_path, name, (0,)))
    return run, [*made, photo(tmp_path, "c", ())]


def test_the_share_is_counted(photos: tuple[RunFolder, list[Photo]]) -> None:
    """As the mean over tagged photos."""
    run, own = photos
    assert foreground_share(own, run.sharp_file) == pytest.approx(0.375, abs=0.01)


@pytest.mark.parametrize("share", [0.1, 0.375, 0.7])
def test_the_factor_keeps_a_share(share: float, photos: tuple[RunFolder, list[Photo]]) -> None:
    """Whatever it is."""
    run, own = photos
    factor = share_keeping_factor(own, run.sharp_file, share)
    found = []
    for name in "ab":
        with np.load(run.sharp_file(name)) as archive:
            planes = archive["planes"].astype(np.float32)
        found.append((planes[1] > factor * planes[0]).mean())
    assert np.mean(found) == pytest.approx(share, abs=0.02)
