"""Every segmentation network can be asked for by name, and goes the whole way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tag2mask.models.segmenters import SEGMENTERS


@pytest.mark.slow
@pytest.mark.parametrize("name", SEGMENTERS.names())
def test_a_network_is_trained_exported_and_scored(
    name: str, copied: Path, command: Callable[..., Result]
) -> None:
    """At its published width, from the pseudo masks of a run."""
    settings = ["--set", f"segment.model={name}", "--set", "segment.epochs=1"]
    for stage in ("segment", "evaluate"):
        result = command(stage, copied, *settings, "-q")
        assert result.exit_code == 0, result.stderr
        settings = []
    metrics = json.loads((copied / "metrics.json").read_text(encoding="utf-8"))
    (row,) = (row for row in metrics["figures"]
              if row["what"] == "network" and row["split"] == "val")
    assert 0 <= row["miou"] <= 1
    about = json.loads((copied / "stages" / "segment.json").read_text(encoding="utf-8"))["about"]
    assert about["model"] == name
