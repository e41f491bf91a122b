"""The table of networks names them all, with their size and work."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from typer.testing import Result

from tag2mask.backbones import backbone_names, create_backbone
from tag2mask.cli import models
from tag2mask.segmentation import create_segmenter, segmenter_names

Typed = Callable[..., Result]


def rows(text: str) -> dict[str, list[str]]:
    """Read the tables back: the cells that follow each name."""
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines()]
    return {row[0]: row[1:] for row in cells if row}


def test_every_network_is_there(typed: Typed) -> None:
    """With names that are whole in 80 columns, and where a backbone's weights come from."""
    result = typed("models", "--backbone", "resnet18")
    assert result.exit_code == 0, result.output
    found = rows(result.stdout)
    assert set(found) == {*backbone_names(), *segmenter_names()}
    assert found["resnet50"] == ["23.51", "64.9", "16", "timm/resnet50.a1_in1k"]
    assert found["efficientnet_lite0"][-1] == "packaged"
    assert "Network on resnet18" in result.stdout
    for name in segmenter_names():
        with torch.device("meta"):
            encoder = create_backbone("resnet18")
            network = create_segmenter(name, num_labels=21, encoder=encoder)
        millions = sum(parameter.numel() for parameter in network.parameters()) / 1e6
        assert found[name][0] == f"{millions:.2f}"


def test_a_network_costs_more_than_its_backbone() -> None:
    """Which is counted with it."""
    alone = models.measure_backbone("efficientnet_lite0")
    for name in segmenter_names():
        whole = models.measure_segmenter(name, backbone="efficientnet_lite0")
        assert whole.parameters > alone.parameters
        assert whole.macs > alone.macs
        assert whole.output_stride == alone.output_stride


def test_the_work_is_that_of_512_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the image is a quarter of the work."""
    whole = models.measure_backbone("resnet18").macs
    monkeypatch.setattr(models, "SIDE", 256)
    assert models.measure_backbone("resnet18").macs * 4 == whole


def test_an_unknown_backbone_is_told(typed: Typed) -> None:
    """With the nearest right name."""
    result = typed("models", "--backbone", "resnet51")
    assert result.exit_code == 2
    assert "did you mean resnet50" in result.stderr


def test_its_help_loads_nothing_heavy() -> None:
    """So that it answers at once."""
    code = ("import sys, json; from typer.testing import CliRunner; from tag2mask.cli import app; "
            "assert CliRunner().invoke(app, ['models', '--help']).exit_code == 0; "
            "print(json.dumps(sorted(sys.modules)))")
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torch" not in json.loads(told.stdout)
