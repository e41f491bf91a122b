"""Shares of foreground: kept by a factor, and counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks import decide
from tag2mask.pseudo_masks.levels import Levels, foreground_share
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes, write_planes


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
def test_a_level_keeps_a_share(share: float, photos: tuple[RunFolder, list[Photo]]) -> None:
    """Whatever it is."""
    run, own = photos
    levels = Levels(own, run.sharp_file)
    level = levels.above(share)
    assert levels.share(level) == pytest.approx(share, abs=0.01)
    found = [(planes[1] > level * planes[0]).mean() for planes in planes_of(run)]
    assert np.mean(found) == pytest.approx(share, abs=0.02)


def test_many_photos_are_thinned(
    photos: tuple[RunFolder, list[Photo]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that memory does not grow with their number; few are all counted."""
    run, own = photos
    monkeypatch.setattr("tag2mask.pseudo_masks.levels.MOST", 1)
    assert Levels(own, run.sharp_file).share(1) == Levels(own[:1], run.sharp_file).share(1)
    monkeypatch.setattr("tag2mask.pseudo_masks.levels.MOST", 2)
    assert Levels(own, run.sharp_file).share(1) == pytest.approx(0.375, abs=0.01)


@pytest.mark.parametrize(("share", "open_share"), [(0.2, 0.08), (0.7, 0.12)])
@pytest.mark.parametrize("power", [1.0, 8.0])
def test_the_band_is_a_share_of_the_pixels(
    share: float, open_share: float, power: float, photos: tuple[RunFolder, list[Photo]]
) -> None:
    """Of foreground or background, the lesser; another scale of the scores changes nothing."""
    run, own = photos
    for name, planes in zip("ab", planes_of(run), strict=True):
        write_planes(run.sharp_file(name), planes**power, np.array([0]))
    levels = Levels(own, run.sharp_file)
    cut = levels.cut(levels.above(share), 0.2)
    masks = np.stack([decide(planes, [0], cut) for planes in planes_of(run)])
    assert (masks == 255).mean() == pytest.approx(open_share, abs=0.02)


def test_sure_background_is_never_open(photos: tuple[RunFolder, list[Photo]]) -> None:
    """A CRF leaves most pixels equally sure; a share that reaches into them opens none."""
    run, own = photos
    for name in "ab":
        scores = np.ones((2, 48, 64), np.float32)
        scores[1] = 0.1
        scores[:, :12] = scores[::-1, :12]
        write_planes(run.sharp_file(name), scores, np.array([0]))
    levels = Levels(own, run.sharp_file)
    cut = levels.cut(levels.above(0.4), 0.15)
    for planes in planes_of(run):
        mask = decide(planes, [0], cut)
        assert (mask[:12] == 1).all()
        assert not mask[13:].any()


def planes_of(run: RunFolder) -> list[np.ndarray]:
    """Read the scores of both tagged photos."""
    return [read_planes(run.sharp_file(name))[0] for name in "ab"]
