"""What is done stays; what its settings or files have changed for is done again, and no more."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_runs import listing, results

from tag2mask import pipeline
from tag2mask.core.contracts import InputError
from tag2mask.run_folder.context import record_file
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder

Run = Callable[..., RunFolder]
OF_SEGMENT = {"segmenter", "predictions", "final", "metrics.json", "photos.csv", "trust.csv",
              "report.html"}


def touched(before: dict[str, tuple[int, int]], run: Path) -> set[str]:
    """Name the files, or folders of files, that were written, made or removed since."""
    after = listing(run)
    names = {name for name in before | after if before.get(name) != after.get(name)}
    return {name if name.startswith("stages/") else name.split("/")[0] for name in names}


def test_a_finished_run_is_left_alone(tiny_data: Path, copied: Path, run_quickly: Run) -> None:
    """Only the settings are written down again."""
    before = listing(copied)
    run_quickly(tiny_data, copied)
    assert touched(before, copied) == {"config.toml"}


def test_other_epochs_of_the_network_only_train_the_network(
    tiny_data: Path, copied: Path, run_quickly: Run
) -> None:
    """And what comes after."""
    before = listing(copied)
    run_quickly(tiny_data, copied, "segment.epochs=1")
    records = {f"stages/{name}.json" for name in ("segment", "evaluate", "report")}
    assert touched(before, copied) == OF_SEGMENT | records | {"config.toml"}


def test_an_export_that_is_missing_or_asked_for_later_trains_nothing(
    tiny_data: Path, finished: Path, copied: Path, run_quickly: Run
) -> None:
    """The network is read and exported as it is, and what the stage took is told in all."""
    record = record_file(RunFolder(copied), "segment")
    before, told = listing(copied), json.loads(record.read_text(encoding="utf-8"))
    (copied / "segmenter" / "model.onnx").unlink()
    run_quickly(tiny_data, copied, "segment.onnx=false")
    assert touched(before, copied) == {"config.toml", "segmenter"}
    run_quickly(tiny_data, copied)
    after = listing(copied)
    names = {name for name in after if before[name] != after[name]}
    assert names == {"config.toml", "segmenter/model.onnx", "stages/segment.json"}
    assert results(copied) == results(finished)
    again = json.loads(record.read_text(encoding="utf-8"))
    assert again["about"] == told["about"]
    assert again["seconds"] > told["seconds"]


def test_other_maps_leave_the_classifier(
    tiny_data: Path, finished: Path, copied: Path, run_quickly: Run
) -> None:
    """All that stands on the maps is made again, and going back gives the first result again."""
    before = listing(copied)
    run_quickly(tiny_data, copied, "activate.scales=2")
    kept = set(listing(copied)) & {n for n, v in before.items() if listing(copied).get(n) == v}
    assert {name.split("/")[0] for name in kept} == {"classifier", "data.json", "stages"}
    assert {name for name in kept if name.startswith("stages/")} == {"stages/classify.json"}
    run_quickly(tiny_data, copied)
    assert results(copied) == results(finished)


def test_files_that_are_gone_are_made_again(
    tiny_data: Path, finished: Path, copied: Path, run_quickly: Run
) -> None:
    """The same as before, and only those: a map, a mask, the figures, the page."""
    gone = ["maps/p07.npz", "sharp/p03.npz", "masks/p05.png", "metrics.json", "report.html"]
    before = listing(copied)
    for name in gone:
        (copied / name).unlink()
    run_quickly(tiny_data, copied)
    after = listing(copied)
    for folder in ("maps", "masks"):
        again = {n for n in after if n.startswith(folder) and before[n] != after[n]}
        assert again == {name for name in gone if name.startswith(folder)}
    assert results(copied) == results(finished)


@pytest.mark.parametrize("folder", ["predictions", "final"])
def test_a_lost_mask_of_the_network_is_made_again(
    tiny_data: Path, finished: Path, copied: Path, run_quickly: Run, folder: str
) -> None:
    """By the same network."""
    (copied / folder / "p05.png").unlink()
    trained = (copied / "segmenter/weights.safetensors").stat().st_mtime_ns
    run_quickly(tiny_data, copied)
    again, whole = (run / folder / "p05.png" for run in (copied, finished))
    assert again.read_bytes() == whole.read_bytes()
    assert (copied / "segmenter/weights.safetensors").stat().st_mtime_ns == trained


def test_masks_that_come_later_are_scored(
    data_copy: Path, copied: Path, run_quickly: Run, tmp_path: Path
) -> None:
    """Nothing is trained again for them, nor when they go."""
    shutil.move(data_copy / "masks", tmp_path / "hidden")
    before = listing(copied)
    run = run_quickly(data_copy, copied)
    assert run.read_json(run.metrics)["figures"] == []
    assert not any(photo.mask for photo in read_run_dataset(run).photos)
    shutil.move(tmp_path / "hidden", data_copy / "masks")
    run_quickly(data_copy, copied)
    assert run.read_json(run.metrics)["figures"]
    assert not touched(before, copied) & {"classifier", "maps", "sharp", "masks", "segmenter"}


def test_a_data_set_may_move(data_copy: Path, copied: Path, run_quickly: Run) -> None:
    """It is the same one; the run finds its photos where they are now."""
    before = listing(copied)
    run = run_quickly(data_copy, copied)
    assert touched(before, copied) == {"config.toml", "data.json"}
    assert all(photo.path.is_relative_to(data_copy) for photo in read_run_dataset(run).photos)


def test_one_stage_alone(copied: Path) -> None:
    """It is done again, and stages that stood on what it was before must be done before others."""
    before = listing(copied)
    pipeline.run_stage("label", copied, overrides=["label.band=0.4"])
    assert touched(before, copied) == {"masks", "config.toml", "stages/label.json"}
    before = listing(copied)
    with pytest.raises(InputError, match=r"segment with other settings; run `tag2mask segment"):
        pipeline.run_stage("evaluate", copied)
    assert touched(before, copied) == set()


def test_a_stage_needs_the_ones_before_it(copied: Path) -> None:
    """The first that is missing is named with its command; nothing is written."""
    for name in ("activate", "sharpen"):
        record_file(RunFolder(copied), name).unlink()
    before = listing(copied)
    with pytest.raises(InputError, match=r"not been through activate yet; run `tag2mask activate"):
        pipeline.run_stage("segment", copied, overrides=["segment.epochs=1"])
    assert touched(before, copied) == set()


def test_a_stage_works_from_anywhere(
    tiny_data: Path, finished: Path, tmp_path: Path, run_quickly: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run was made with a relative path; the working directory is another one now."""
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    monkeypatch.chdir(tiny_data.parent)
    run_quickly(Path(tiny_data.name), run)
    monkeypatch.chdir(tmp_path)
    pipeline.run_stage("label", Path("run"))
    assert results(run)["masks/p01.png"] == results(finished)["masks/p01.png"]


def test_photos_that_are_gone_are_told(data_copy: Path, copied: Path, run_quickly: Run) -> None:
    """One stage alone does not read the data set again, and misses the photo all the same."""
    run_quickly(data_copy, copied)
    (data_copy / "images" / "p04.png").unlink()
    with pytest.raises(InputError, match=r"p04\.png is not there any more"):
        pipeline.run_stage("label", copied)


def test_a_kill_while_clearing_does_not_pass_for_done(
    tiny_data: Path, finished: Path, copied: Path, run_quickly: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stage is asked to repeat itself, and dies when half of its files are gone."""

    def die(self: RunFolder, folder: str) -> None:
        (self.root / folder / "p01.png").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "clear", die)
        with pytest.raises(KeyboardInterrupt):
            pipeline.run_stage("label", copied)
    run_quickly(tiny_data, copied)
    assert results(copied) == results(finished)


def test_the_run_folder_of_other_photos_is_refused(
    data_copy: Path, copied: Path, run_quickly: Run
) -> None:
    """Another tag is another data set, even where all photos are the same."""
    table = (data_copy / "tags.csv").read_text()
    (data_copy / "tags.csv").write_text(table.replace("p01.png,block", "p01.png,disc"))
    before = listing(copied)
    with pytest.raises(InputError, match="run folder of another data set"):
        run_quickly(data_copy, copied)
    assert touched(before, copied) == set()


def test_a_folder_with_something_else_in_it_is_refused(
    tiny_data: Path, tmp_path: Path, run_quickly: Run
) -> None:
    """A stage clears its folder before it starts, and those masks are somebody's work."""
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "precious.png").touch()
    with pytest.raises(InputError, match="is no run folder, but it holds masks"):
        run_quickly(tiny_data, tmp_path)
    assert list(listing(tmp_path)) == ["masks/precious.png"]


@pytest.mark.parametrize("out", [".", "runs/one"])
def test_a_run_inside_the_data_set_is_refused(
    out: str, data_copy: Path, run_quickly: Run
) -> None:
    """Its masks folder would be cleared, which may be the true masks."""
    before = listing(data_copy)
    with pytest.raises(InputError, match="lies in the data set"):
        run_quickly(data_copy, data_copy / out)
    assert listing(data_copy) == before
