"""The table of networks names them all, with their size and work."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.testing import Result

from tag2mask.api import networks as models
from tag2mask.models.backbones import BACKBONES
from tag2mask.models.segmenters import SEGMENTERS

Typed = Callable[..., Result]


def tables(text: str) -> list[dict[str, list[str]]]:
    """Read both tables back: the cells that follow each name."""
    found: list[dict[str, list[str]]] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("│")[1:-1]]
        if line.startswith("┏"):
            found.append({})
        if cells and cells[0]:
            found[-1][cells[0]] = cells[1:]
    return found


@pytest.mark.slow
def test_every_network_is_there(typed: Typed) -> None:
    """With names that are whole in 80 columns."""
    result = typed("models", "--backbone", "resnet18")
    assert result.exit_code == 0, result.output
    backbones, networks = tables(result.stdout)
    assert list(backbones) == list(BACKBONES.names())
    assert list(networks) == list(SEGMENTERS.names())


def test_networks_are_measured(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of them, and where a backbone's weights come from."""
    some = ["unet", "segnet", "fcn_8s", "hrnet_w48"]
    monkeypatch.setattr(models.BACKBONES, "names", lambda: ("efficientnet_lite0", "resnet50"))
    monkeypatch.setattr(models.SEGMENTERS, "names", lambda: some)
    result = typed("models", "--backbone", "resnet18")
    assert result.exit_code == 0, result.output
    backbones, networks = tables(result.stdout)
    assert list(networks) == some
    assert backbones["resnet50"] == ["23.51", "64.9", "16", "timm/resnet50.a1_in1k"]
    assert backbones["efficientnet_lite0"][-1] == "packaged"
    assert networks["unet"][-2:] == ["4", "resnet18"]
    assert networks["segnet"] == ["29.48", "339.8", "1", "vgg16_bn"]
    assert networks["fcn_8s"][2] == "8"
    assert networks["hrnet_w48"][2:] == ["4", "hrnet_w48"]
    assert "Trained well on voc12: unet." in result.stdout


def test_a_network_costs_more_than_its_backbone() -> None:
    """Which is counted with it."""
    for name in ("unet", "dilated", "fcn_8s", "segnet", "hrnet_ocr"):
        whole = models.measure_segmenter(name, backbone="efficientnet_lite0")
        alone = models.measure_backbone(whole.about)
        assert whole.parameters > alone.parameters
        assert whole.macs > alone.macs


def test_the_work_is_that_of_512_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the image is a quarter of the work."""
    whole = models.measure_backbone("resnet18").macs
    monkeypatch.setattr(models, "SIDE", 256)
    assert models.measure_backbone("resnet18").macs * 4 == whole


def test_an_unknown_backbone_is_told(typed: Typed) -> None:
    """With the nearest right name."""
    result = typed("models", "--backbone", "resnet51")
    assert result.exit_code == 2
    assert "did you mean 'resnet50'" in result.stderr


def test_its_help_loads_nothing_heavy() -> None:
    """So that it answers at once."""
    code = ("import sys, json; from typer.testing import CliRunner; from tag2mask.cli import app; "
            "assert CliRunner().invoke(app, ['models', '--help']).exit_code == 0; "
            "print(json.dumps(sorted(sys.modules)))")
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torch" not in json.loads(told.stdout)
