"""Typed results in the files of a run, and files of earlier versions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from golden_old_run import unpack
from invented_records import MAPS, MASKS, data, figure, metrics, tags

from tag2mask.core.contracts import InputError
from tag2mask.core.json_fields import to_json
from tag2mask.core.json_records import write_json, write_record
from tag2mask.run_folder.context import copy_record, read_about, read_record, recorded
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import (
    ClassifyAbout,
    LabelAbout,
    Metrics,
    RoundFigures,
    SegmentAbout,
    SharpenAbout,
    StageCost,
    read_metrics,
)

SEGMENT: dict[str, Any] = {"agreement": 0.5, "model": "unet", "backbone": "resnet50"}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run folder with nothing in it."""
    return RunFolder(tmp_path / "run")


def test_metrics_come_back(run: RunFolder) -> None:
    """With groups of scores that only some figures have."""
    own = metrics(
        version="1.0", seed=3, data=data("cat", "dog"), tags=tags(0.5, "cat"),
        figures=(figure("maps", "val", maps=MAPS, masks=MASKS), figure("network", "val", None)),
        stages={"label": StageCost(seconds=1.5, peak_memory_mb=300)}, warnings=("Few photos.",),
    )
    write_record(run.metrics, own)
    assert read_metrics(run) == own
    stored = json.loads(run.metrics.read_text(encoding="utf-8"))["figures"]
    assert stored[0].keys() - stored[1].keys() == {
        "boundary_iou", "boundary_reach", "trimap", "size_bins", "curve_area", "max_box_acc_v2",
        "pxap", "pxap_pooled"}


def test_nothing_was_measured_yet(run: RunFolder) -> None:
    """Without a file."""
    assert read_metrics(run) == Metrics.none()


@pytest.mark.parametrize(("key", "value", "place"), [
    ("miou", "0.5", r'figures\[0\]\.miou is "0\.5", not a number'),
    ("oracle", None, r"figures\[0\]\.oracle is null, not true or false"),
    ("scales", 1.0, r"figures\[0\]\.scales is 1\.0, not a list"),
    ("iou", {"cat": True}, r"figures\[0\]\.iou\.cat is true"),
])
def test_a_wrong_figure_is_named(key: str, value: object, place: str, run: RunFolder) -> None:
    """By file, place and field."""
    content = json.loads(json.dumps(to_json(metrics(figures=(figure("network", "val"),)))))
    content["figures"][0][key] = value
    write_json(run.metrics, content)
    with pytest.raises(InputError, match=rf"metrics\.json .*\({place}.*tag2mask run"):
        read_metrics(run)


def test_metrics_of_the_first_version(tmp_path: Path) -> None:
    """All that was stored then is read, and nothing is lost or invented."""
    _, folder = unpack(tmp_path)
    before = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(to_json(read_metrics(RunFolder(folder))))) == before


def test_early_figures_lack_parts_of_the_protocol(run: RunFolder) -> None:
    """They are filled as unknown, not as a usual value."""
    content = json.loads(json.dumps(to_json(metrics(figures=(figure("maps", "val"),)))))
    for key in ("strategy", "method", "outside_help"):
        del content["figures"][0][key]
    del content["trust"]
    write_json(run.metrics, content)
    found = read_metrics(run)
    assert found.figures[0] == figure("maps", "val", strategy=(), method="", outside_help=())
    assert found.trust == {}


def test_a_record_has_what_the_stage_did(run: RunFolder) -> None:
    """Done, with warnings and cost; another run can take it over."""
    about = LabelAbout(factor=1.25, oracle=True)
    with recorded(run, "label", "abc") as record:
        record.about = about
        record.warnings.append("Few photos.")
    stored = read_record(run, "label")
    assert stored is not None
    assert (stored.fingerprint, stored.done, stored.warnings) == ("abc", True, ("Few photos.",))
    assert read_about(run, LabelAbout) == about
    other = RunFolder(run.root.parent / "other")
    copy_record(run, other, "label")
    assert (read_record(other, "label"), read_about(other, LabelAbout)) == (stored, about)


def test_a_stage_that_failed_is_not_done(run: RunFolder) -> None:
    """Its seconds count for the next attempt with the same inputs."""
    with pytest.raises(ZeroDivisionError), recorded(run, "label", "abc"):
        raise ZeroDivisionError
    failed = read_record(run, "label")
    assert failed is not None
    assert not failed.done
    path = run.root / "stages" / "label.json"
    write_record(path, replace(failed, seconds=100.0), about={})
    for fingerprint, least in (("abc", 100), ("other", 0)):
        write_record(path, replace(failed, seconds=100.0), about={})
        with recorded(run, "label", fingerprint):
            pass
        again = read_record(run, "label")
        assert again is not None
        assert least <= again.seconds < least + 90


@pytest.mark.parametrize(("about", "place"), [
    ({"oracle": False}, "about.factor is missing"),
    ({"factor": "1", "oracle": False}, 'about.factor is "1", not a number'),
    ({"factor": float("nan"), "oracle": False}, "about cannot be: factor is nan"),
])
def test_no_threshold_is_assumed(about: dict[str, object], place: str, run: RunFolder) -> None:
    """A missing or wrong one is an error that says which stage to run."""
    write_json(run.root / "stages" / "label.json", {
        "fingerprint": "", "done": True, "seconds": 1, "peak_memory_mb": 2, "warnings": [],
        "about": about})
    with pytest.raises(InputError, match=rf"label\.json .*{place}.*tag2mask label"):
        read_about(run, LabelAbout)


def test_a_stage_without_a_record_is_named(run: RunFolder) -> None:
    """With its command."""
    assert read_record(run, "sharpen") is None
    with pytest.raises(InputError, match=r"sharpen\.json is missing .*tag2mask sharpen"):
        read_about(run, SharpenAbout)


def test_early_networks_have_the_pretraining_of_the_classifier(run: RunFolder) -> None:
    """Their records do not name it; those of today must."""
    path = run.root / "stages" / "segment.json"
    write_json(path, {"about": SEGMENT})
    assert read_about(run, SegmentAbout) == SegmentAbout(**SEGMENT, encoder_pretraining="")
    write_json(path, {"format_version": 1, "about": SEGMENT})
    with pytest.raises(InputError, match="encoder_pretraining is missing"):
        read_about(run, SegmentAbout)


def test_rounds_are_keys_of_the_tags(run: RunFolder) -> None:
    """As in all earlier runs."""
    rounds = RoundFigures(rounds={"cat": 2}, loss_by_round={"cat": (0.5, 0.4)},
                          erased_share=(0.0, 0.1))
    about = ClassifyAbout(tags=replace(tags(0.5, "cat"), rounds=rounds))
    assert to_json(about.tags)["loss_by_round"] == {"cat": [0.5, 0.4]}
    with recorded(run, "classify", "abc") as record:
        record.about = about
    assert read_about(run, ClassifyAbout) == about
