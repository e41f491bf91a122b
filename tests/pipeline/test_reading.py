"""Photos that are replaced, moved or deeper than 8 bits, through the whole path."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_runs import listing, results

import tag2mask
from tag2mask.data.depth import DepthRule
from tag2mask.pipeline import execution
from tag2mask.prediction.explain import explainer_of_run
from tag2mask.run_folder.folder import RunFolder
from tag2mask.stages.stage import Stage
from tag2mask.strategies.loading import load_classifier

Run = Callable[..., RunFolder]


def test_photos_that_change_places_are_noticed(
    data_copy: Path, copied: Path, tmp_path: Path, run_quickly: Run
) -> None:
    """All is computed again, as in a new folder; a copy of the same photos changes nothing."""
    before = listing(copied)
    run_quickly(data_copy, copied)
    after = listing(copied)
    assert {n for n in after if before.get(n) != after[n]} == {"config.toml", "data.json"}
    images = data_copy / "images"
    (images / "p01.png").rename(tmp_path / "x.png")
    (images / "p04.png").rename(images / "p01.png")
    (tmp_path / "x.png").rename(images / "p04.png")
    with pytest.warns(UserWarning, match="2 photos or masks were replaced since this run"):
        run_quickly(data_copy, copied)
    fresh = run_quickly(data_copy, tmp_path / "fresh")
    moved, new = results(copied), results(fresh.root)
    assert moved.pop("data.json") != new.pop("data.json")  # it names the folder before, too
    assert moved == new


def test_one_depth_rule_goes_through_all(
    data_copy: Path, tmp_path: Path, run_quickly: Run
) -> None:
    """Photos of 12 bits in 16 make the run that their 8-bit twins make, and so do new ones."""
    deep = tmp_path / "deep"
    shutil.copytree(data_copy, deep)
    for path in (data_copy / "images").iterdir():
        with Image.open(path) as picture:
            grey = np.asarray(picture.convert("L"))
        Image.fromarray(grey).save(path)
        Image.fromarray(grey.astype(np.uint16) * 16).save(deep / "images" / path.name)
    flat = run_quickly(data_copy, tmp_path / "flat")
    with pytest.warns(UserWarning, match="16 of 16 photos have more than 8 bits"):
        run = run_quickly(deep, tmp_path / "run", "data.depth_range=0,4080")
    names = [f"{folder}/p05.{suffix}" for folder, suffix in
             (("maps", "npz"), ("masks", "png"), ("predictions", "png"))]
    for name in names:
        assert (run.root / name).read_bytes() == (flat.root / name).read_bytes()
    rule = DepthRule(low=0, high=4080)
    segment = tag2mask.load_segmenter(run.root)
    assert segment.predictor.spec.depth == rule
    assert load_classifier(run.root).spec.depth == explainer_of_run(run.root).depth == rule
    path = deep / "images" / "p05.png"
    found, twin = segment(path), tag2mask.load_segmenter(flat.root)(data_copy / "images/p05.png")
    assert (found.photo == twin.photo).all()
    assert (found.mask == twin.mask).all()
    assert (segment(np.asarray(Image.open(path))).mask == twin.mask).all()
    torch_too = tag2mask.load_segmenter(run.root, runtime="torch")
    assert torch_too.predictor.spec.depth == rule


def test_another_range_is_another_run(
    data_copy: Path, tmp_path: Path, run_quickly: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule decides what all stages see."""
    for path in (data_copy / "images").iterdir():
        with Image.open(path) as picture:
            grey = np.asarray(picture.convert("L"))
        Image.fromarray(grey.astype(np.uint16) * 16).save(path)
    ran: list[str] = []
    monkeypatch.setattr(Stage, "__call__", lambda stage, *_: ran.append(stage.name))
    monkeypatch.setattr(execution, "is_whole", lambda *_: True)
    for overrides, expected in (([], 7), ([], 0), (["data.depth_range=0,999"], 7), ([], 7)):
        ran.clear()
        run_quickly(data_copy, tmp_path / "run", *overrides)
        assert len(ran) == expected
