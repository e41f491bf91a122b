"""The table of further scores, and the drawing of confidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from invented_records import MAPS, MASKS, figure, metrics

from tag2mask.core.json_records import write_record
from tag2mask.run_folder.artifacts import RunFolder
from tag2mask.run_folder.records import Calibration, CalibrationBins, read_metrics
from tag2mask.stages.report import more_scores
from tag2mask.stages.report.page import write_report

CALIBRATION = Calibration(ece=0.0712, mce=0.1, bins=CalibrationBins(
    confidence=(None, 0.4, 0.9), accuracy=(None, 0.3, 0.95), pixels=(0, 5, 9)))


def test_the_table_is_of_one_split_and_leaves_out_what_nothing_has() -> None:
    """Held-out photos, though training photos come first; a bin without a figure is no row."""
    figures = (figure("maps", "train", masks=MASKS), figure("network", "val", masks=MASKS),
               figure("maps", "val", maps=MAPS))
    split, rows = more_scores.table(metrics(figures=figures))
    found = {name: values for name, _, values in rows}
    assert split == "held-out photos"
    assert found["Boundary IoU"] == [None, None, 0.31]
    assert found["MaxBoxAccV2"] == [0.7, None, None]
    assert found["Large things"] == [None, None, 0.61]
    assert found["Within 16 pixels"][2] == 0.42
    assert not {"Small things", "PxAP"} & found.keys()


def test_without_scores_there_is_nothing_to_show() -> None:
    """As in earlier runs, and before evaluation."""
    assert more_scores.table(metrics(figures=(figure("maps", "val"),))) == ("", [])
    assert more_scores.table(metrics()) == ("", [])
    assert more_scores.calibration(metrics(figures=(figure("network", "val"),))) is None


def test_the_page_shows_both(make_run: Callable[..., RunFolder]) -> None:
    """Table and drawing; empty bins are passed over."""
    run = make_run()
    found = read_metrics(run)
    figures = tuple(
        replace(own, masks=MASKS, calibration=CALIBRATION) if own.what == "network" else own
        for own in found.figures)
    write_record(run.metrics, replace(found, figures=figures))
    page = write_report(run).read_text()
    assert "More scores, held-out photos" in page
    assert "7.1" in page
    assert "40.0 % sure, 30.0 % right; 90.0 % sure, 95.0 % right" in page
