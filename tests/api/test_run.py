"""A run from Python: what is in it, and what can be done with it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_runs import CLASSES, NAMES, SIZE

import tag2mask
from tag2mask.core.contracts import InputError
from tag2mask.run_folder.planes import read_planes


def test_a_run_is_opened_and_asked(finished: Path) -> None:
    """Settings, stages, figures, photos, masks and maps, each as what it is."""
    run = tag2mask.open_run(finished)
    assert (run.folder, run.root, Path(run)) == (finished, finished, finished)
    assert run.config.classify.epochs == 2
    assert run.classes == CLASSES
    assert [photo.name for photo in run.photos] == list(NAMES)
    assert {stage.state for stage in run.stages} == {"done"}
    assert all(stage.seconds >= 0 for stage in run.stages)
    mask = run.mask("p05")
    assert mask.shape == SIZE
    assert set(np.unique(mask)) <= {0, 1, 2, 255}
    maps = run.maps("p03")
    planes, classes = read_planes(finished / "maps" / "p03.npz")
    assert list(maps) == [CLASSES[index] for index in classes]
    assert np.array_equal(next(iter(maps.values())), planes[0])
    assert run.maps("p00") == {}
    assert run.report == finished / "report.html"


def test_figures_are_typed_and_still_a_file(finished: Path) -> None:
    """Scripts that read the path of metrics.json go on working."""
    run = tag2mask.Run(finished)
    content = json.loads((finished / "metrics.json").read_text(encoding="utf-8"))
    network = next(one for one in run.metrics.figures
                   if (one.what, one.split) == ("network", "val"))
    told = next(one for one in content["figures"]
                if (one["what"], one["split"]) == ("network", "val"))
    assert (network.miou, network.images) == (told["miou"], told["images"])
    assert set(network.iou) >= set(CLASSES)
    assert json.loads(run.metrics.read_text()) == content == dict(run.metrics)
    assert json.loads(Path(run.metrics).read_text(encoding="utf-8")) == content
    assert run.metrics.record.stages["label"].seconds == content["stages"]["label"]["seconds"]
    assert run.mask_file("p05") == finished / "masks" / "p05.png"
    with pytest.raises(AttributeError, match="no attribute 'masc'"):
        _ = run.masc


def test_a_run_shows_itself(finished: Path) -> None:
    """In a terminal, and in a notebook with the headline and a picture."""
    run = tag2mask.open_run(finished)
    top = run.metrics.headline
    assert top is not None
    shown = repr(run)
    for words in ("16 photos", "block, disc", "all 7 done", top.value, str(run.report)):
        assert words in shown
    page = run._repr_html_()
    assert top.value in page
    assert "<img src='data:image/webp;base64," in page


def test_an_unfinished_run_says_what_is_next(copied: Path) -> None:
    """And names the command that makes what is missing."""
    (copied / "stages" / "label.json").unlink()
    (copied / "masks" / "p05.png").unlink()
    run = tag2mask.open_run(copied)
    assert [stage.state for stage in run.stages][3] == "not started"
    assert "next is label" in repr(run)
    with pytest.raises(InputError, match="run `tag2mask label"):
        run.mask("p05")


def test_what_is_not_there_is_one_sentence(finished: Path, tmp_path: Path) -> None:
    """A folder that is no run, a photo that is none of it, a stage that is none."""
    with pytest.raises(InputError, match="is no run folder"):
        tag2mask.open_run(tmp_path)
    run = tag2mask.open_run(finished)
    with pytest.raises(InputError, match="no photo 'p005'; did you mean 'p05'"):
        run.mask("p005")
    with pytest.raises(InputError, match=r"no photo 'x'; their names are in \.photos"):
        run.maps("x")
    with pytest.raises(InputError, match="no stage 'lable'; did you mean label"):
        run.run_stage("lable")
    with pytest.raises(InputError, match="config was given as int"):
        run.run_stage("label", config=3)  # type: ignore[arg-type]


def test_new_photos_are_predicted_and_explained(finished: Path, tiny_data: Path,
                                                tmp_path: Path) -> None:
    """From a file or pixels, to results or to files, as the command does."""
    run, photo = tag2mask.open_run(finished), tiny_data / "images" / "p05.png"
    pixels = np.asarray(Image.open(photo).convert("RGB"))
    one, two = run.predict([photo, pixels])
    assert one.mask.shape == SIZE
    assert np.array_equal(one.mask, two.mask)
    assert np.array_equal(run.predict(photo).mask, one.mask)
    summary = tag2mask.predict(str(photo), run=run, out=tmp_path / "new")
    assert summary.written == 1
    assert (tmp_path / "new" / "masks" / "p05.png").exists()
    with pytest.raises(InputError, match="photos are paths, not ndarray"):
        run.predict(pixels, out=tmp_path / "more")
    drawn = run.explain(photo, classes=["disc"], method="cam")
    assert drawn.width > drawn.height > 0


def test_one_stage_with_other_settings(copied: Path) -> None:
    """The same function as the command's; the run remembers the settings."""
    run = tag2mask.open_run(copied).run_stage("label", config={
        **tag2mask.Config.from_file(copied / "config.toml").as_dict(), "label.threshold": 0.7})
    assert run.config.label.threshold == 0.7
    assert run.stages[3].state == "done"
