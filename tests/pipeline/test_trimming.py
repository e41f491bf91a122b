"""`--keep small`: what stays, that nothing is computed again without need, and equal results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_runs import listing, results
from typer.testing import Result

from tag2mask import Run as OpenedRun
from tag2mask import pipeline
from tag2mask.core.contracts import InputError
from tag2mask.pipeline.config import load_config
from tag2mask.run_folder.context import mark_trimmed, read_record
from tag2mask.run_folder.folder import RunFolder

Run = Callable[..., RunFolder]
KEPT = ("classifier/weights.safetensors", "segmenter/weights.safetensors", "maps/background.json",
        "sharp/background.json", "masks/p01.png", "predictions/p12.png", "metrics.json",
        "photos.csv", "trust.csv", "report.html")


@pytest.fixture
def trim(tiny_data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunFolder]:
    """Run the tiny data again in a finished run, with its settings."""
    def run(folder: Path, keep: str = "small") -> RunFolder:
        config = load_config(folder / "config.toml")
        return pipeline.run(tiny_data, folder, config=config, keep=keep)  # type: ignore[arg-type]

    return run


def planes(folder: Path) -> list[Path]:
    """Return the files of maps and scores."""
    return sorted(path for path in folder.rglob("*.npz"))


def test_small_removes_only_maps_and_scores(trim: Run, copied: Path) -> None:
    """Whatever cannot be computed from the rest stays, and the next run has nothing to do."""
    kept = [name for name in KEPT if (copied / name).exists()]
    before = listing(copied)
    gone = {path.relative_to(copied).as_posix() for path in planes(copied)}
    assert len(gone) == 30
    trim(copied)
    records = {f"stages/{stage}.json" for stage in ("activate", "sharpen")}
    after = listing(copied)
    assert before.keys() - after.keys() == gone
    assert {name for name in after if after[name] != before[name]} - records <= {"config.toml"}
    assert "masks/p01.png" in kept
    assert all(name in after for name in kept)
    settled = listing(copied)
    trim(copied, "all")
    assert {k for k, v in listing(copied).items() if v != settled[k]} <= {"config.toml"}
    assert not planes(copied)


def test_what_is_needed_again_is_computed_again(
    trim: Run, copied: Path, finished: Path
) -> None:
    """The report shows maps; the restored files are those that were removed."""
    trim(copied)
    (copied / "report.html").unlink()
    trim(copied, "all")
    assert len(planes(copied)) == 30
    assert results(copied) == results(finished)
    for stage in ("activate", "sharpen"):
        record = read_record(RunFolder(copied), stage)
        assert record
        assert (record.done, record.trimmed) == (True, False)


def test_a_single_stage_gets_the_files_that_it_reads(
    trim: Run, copied: Path, tmp_path: Path
) -> None:
    """With other settings, its results are those in a run with all files."""
    import shutil

    whole = Path(shutil.copytree(copied, tmp_path / "whole"))
    trim(copied)
    for folder in (copied, whole):
        pipeline.run_stage("label", folder, overrides=["label.band=0.4"])
    assert {k: v for k, v in results(copied).items() if k.startswith("masks/")} == \
        {k: v for k, v in results(whole).items() if k.startswith("masks/")}


def test_an_interrupted_removal_needs_nothing(trim: Run, copied: Path) -> None:
    """The record says that files are missing on purpose before the first is removed."""
    mark_trimmed(RunFolder(copied), "activate")
    (copied / "maps" / "p01.npz").unlink()
    trim(copied, "all")
    assert len(planes(copied)) == 29
    trim(copied)
    assert not planes(copied)


def test_maps_that_were_removed_are_reported(trim: Run, copied: Path) -> None:
    """With the command that computes them."""
    trim(copied)
    with pytest.raises(InputError, match="tag2mask activate"):
        OpenedRun(copied).maps("p01")


def test_an_unknown_choice_is_refused(
    tiny_data: Path, tmp_path: Path, command: Callable[..., Result]
) -> None:
    """From Python and on the command line, before anything is written."""
    with pytest.raises(InputError, match="all, small"):
        pipeline.run(tiny_data, tmp_path / "run", keep="tiny")  # type: ignore[arg-type]
    assert command("run", tiny_data, "--out", tmp_path / "run", "--keep", "tiny").exit_code == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_steps_that_are_trained_are_not_trained_again(
    run_quickly: Run, tiny_data: Path, tmp_path: Path
) -> None:
    """Their weights stay, and the scores computed with them are the same."""
    settings = ("sharpen.steps=affinity,self_training", "sharpen.size=64", "sharpen.epochs=1")
    run = run_quickly(tiny_data, tmp_path / "run", *settings)
    before = results(run.root)
    config = load_config(run.config)
    pipeline.run(tiny_data, run.root, config=config, keep="small")
    assert not planes(run.root)
    pipeline.run_stage("report", run.root)
    after = results(run.root)
    assert {name for name in before if after.get(name) != before[name]} == {
        name for name in before if name.startswith(("sharpener/seeds/", "sharpener/masks/"))}
