"""The table of further scores, and the drawing of confidence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tag2mask.run_folder.artifacts import RunFolder, write_json
from tag2mask.stages.report import more_scores
from tag2mask.stages.report.page import write_report

SCORED = {
    "boundary_iou": 0.31, "trimap": {"2": 0.4, "4": 0.41, "16": 0.42},
    "size_bins": {"edges": [0.02, 0.3], "miou": [None, 0.2, 0.61], "counts": [0, 1, 2]},
}
BINS = {"confidence": [None, 0.4, 0.9], "accuracy": [None, 0.3, 0.95], "pixels": [0, 5, 9]}


def figure(what: str, split: str, **more: object) -> dict[str, Any]:
    """One entry of "figures"."""
    return {"what": what, "split": split, "miou": 0.5, "oracle": False, **more}


def test_the_table_is_of_one_split_and_leaves_out_what_nothing_has() -> None:
    """Held-out photos, though training photos stand first; a bin without a figure is no row."""
    figures = [figure("maps", "train", **SCORED), figure("network", "val", **SCORED),
               figure("maps", "val", max_box_acc_v2=0.7)]
    split, rows = more_scores.table({"figures": figures})
    told = {name: values for name, _, values in rows}
    assert split == "held-out photos"
    assert told["Boundary IoU"] == [None, None, 0.31]
    assert told["MaxBoxAccV2"] == [0.7, None, None]
    assert told["Large things"] == [None, None, 0.61]
    assert told["Within 16 pixels"][2] == 0.42
    assert not {"Small things", "PxAP"} & told.keys()


def test_without_scores_there_is_nothing_to_show() -> None:
    """As in runs of before, and before evaluation."""
    assert more_scores.table({"figures": [figure("maps", "val")]}) == ("", [])
    assert more_scores.table({}) == ("", [])
    assert more_scores.calibration({"figures": [figure("network", "val")]}) is None


def test_the_page_shows_both(make_run: Callable[..., RunFolder]) -> None:
    """Table and drawing; empty bins are passed over."""
    run = make_run()
    metrics = json.loads(run.metrics.read_text())
    own = next(f for f in metrics["figures"] if f["what"] == "network")
    own |= SCORED | {"calibration": {"ece": 0.0712, "mce": 0.1, "bins": BINS}}
    write_json(run.metrics, metrics)
    page = write_report(run).read_text()
    assert "More scores, held-out photos" in page
    assert "7.1" in page
    assert "40.0 % sure, 30.0 % right; 90.0 % sure, 95.0 % right" in page
