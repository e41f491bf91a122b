"""A whole run in bfloat16, as on a machine that is fast in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_runs import QUICK

from tag2mask import pipeline
from tag2mask.core.precision import PRECISION
from tag2mask.prediction.runtimes import CHOICE
from tag2mask.run_folder.tables import read_table


def losses(run: Path) -> list[float]:
    """Return the losses of both trainings."""
    tables = (run / part / "curve.csv" for part in ("classifier", "segmenter"))
    return [float(row["loss"]) for table in tables for row in read_table(table)]


def test_a_run_in_bfloat16_is_nearly_that_in_float32(
    tiny_data: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Losses are alike; the network is compared with itself in float32 before it predicts."""
    monkeypatch.setenv(PRECISION, "bfloat16")
    run = pipeline.run(tiny_data, tmp_path / "run", overrides=QUICK)
    assert losses(run.root) == pytest.approx(losses(finished), rel=0.3)
    assert losses(run.root) != losses(finished)
    assert (run.segmenter / CHOICE).exists()
    assert not (finished / "segmenter" / CHOICE).exists()
    assert run.report.exists()
