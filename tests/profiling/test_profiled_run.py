"""A run with a profile gives the same results, and costs that are consistent."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_runs import QUICK, results

from tag2mask import pipeline
from tag2mask.core.json_records import need_record
from tag2mask.core.profiling import recording
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import Profile, StageProfile
from tag2mask.stages import STAGES


@pytest.fixture(scope="module")
def profiled(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Give a run with a profile."""
    out = tmp_path_factory.mktemp("profiled") / "a & b"
    return pipeline.run(tiny_data, out, overrides=QUICK, profile=True)


def profile_of(run: RunFolder) -> dict[str, StageProfile]:
    """Read the profile of a run, by stage."""
    profile = need_record(run.profile, Profile, fix="repeat")
    return {stage.name: stage for stage in profile.stages}


def test_stages_and_kinds_of_work(profiled: RunFolder) -> None:
    """Every stage is there, in order, and each does what it is for."""
    stages = profile_of(profiled)
    assert list(stages) == ["check", *(stage.name for stage in STAGES)]
    assert not any(stage.earlier for stage in stages.values())
    expected = {
        "classify": {"read", "prepare", "forward", "backward", "optimise", "validate", "predict"},
        "activate": {"read", "maps", "write"}, "sharpen": {"choose", "crf", "compile"},
        "label": {"decide", "write"}, "segment": {"forward", "backward", "optimise", "export"},
        "evaluate": {"read", "predict", "score", "write"}, "report": {"write"},
    }
    for name, kinds in expected.items():
        assert kinds <= stages[name].work.keys()
    assert stages["activate"].photos == 15 + 11 + 15  # maps are read, cells compared, maps weighed
    assert stages["label"].photos == 16
    assert (stages["classify"].work["forward"].share_of_limit or 0) > 0
    assert (stages["classify"].work["optimise"].share_of_limit or 0) > 0


def test_costs_are_consistent(profiled: RunFolder) -> None:
    """The kinds of work sum up to at most their stage, and the stages to at most the command."""
    profile = need_record(profiled.profile, Profile, fix="repeat")
    rounding = 0.02
    for stage in profile.stages:
        assert sum(one.seconds for one in stage.work.values()) <= stage.seconds + rounding
        assert sum(one.cpu_seconds for one in stage.work.values()) <= (
            stage.cpu_seconds or 0) + rounding
        assert stage.peak_memory_mb > 0
    assert sum(stage.seconds for stage in profile.stages) <= profile.seconds + rounding


def test_bytes_are_those_of_the_files(profiled: RunFolder) -> None:
    """Whatever writes them; the record is written twice."""
    masks = sum(path.stat().st_size for path in (profiled.root / "masks").rglob("*.png"))
    record = (profiled.root / "stages" / "label.json").stat().st_size
    written = profile_of(profiled)["label"].bytes_written
    assert masks + record < written <= masks + 2 * record


def test_results_are_the_same(profiled: RunFolder, finished: Path) -> None:
    """Measuring changes nothing, and only what was asked for is measured."""
    ours, theirs = results(profiled.root), results(finished)
    assert {k: v for k, v in ours.items() if not k.startswith("profile")} == theirs
    assert not RunFolder(finished).profile.exists()
    assert not RunFolder(finished).profile_page.exists()
    assert not recording()


def test_the_page(profiled: RunFolder) -> None:
    """It is there, and names the run."""
    assert "<bdi>a &amp; b</bdi>" in profiled.profile_page.read_text(encoding="utf-8")


def test_stages_that_were_done_before_keep_their_costs(
    profiled: RunFolder, tiny_data: Path
) -> None:
    """Those of their own command; without its profile, what their records hold."""
    before = profile_of(profiled)
    pipeline.run(tiny_data, profiled.root, overrides=QUICK, profile=True)
    again = profile_of(profiled)
    assert again["segment"].earlier
    assert again["segment"].work == before["segment"].work
    profiled.profile.unlink()
    pipeline.run(tiny_data, profiled.root, overrides=QUICK, profile=True)
    bare = profile_of(profiled)["segment"]
    assert (bare.earlier, bare.cpu_seconds, dict(bare.work)) == (True, None, {})
    assert bare.seconds > 0
