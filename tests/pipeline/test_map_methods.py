"""Every way of reading maps can be asked for in a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_runs import check_maps
from typer.testing import Result

from tag2mask.maps import METHODS
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes

OF_TRANSFORMERS = ("attention_rollout", "gradient_attention")


def set_to(*settings: str) -> list[str]:
    """Spell settings as the command line wants them."""
    return [part for setting in settings for part in ("--set", setting)]


@pytest.mark.parametrize("method", [
    name for name in METHODS if name not in (*OF_TRANSFORMERS, "attention")
])
def test_a_method_writes_the_maps_of_each_photos_tags(
    method: str, copied: Path, command: Callable[..., Result]
) -> None:
    """At a layer of few channels, those that read one."""
    layers = ["activate.layers=backbone.blocks.1"] if METHODS.get(method).takes_layers else []
    settings = set_to(f"activate.method={method}", "activate.scales=1", *layers)
    result = command("activate", copied, *settings, "-q")
    assert result.exit_code == 0, result.stderr
    check_maps(copied)
    about = json.loads((copied / "stages" / "activate.json").read_text(encoding="utf-8"))["about"]
    assert about["method"] == method


def test_a_classifier_that_pools_by_attention_is_read_by_it(
    copied: Path, command: Callable[..., Result]
) -> None:
    """Trained anew, and then by both of its readings."""
    trained = command("classify", copied, "-q", *set_to("classify.strategy=attention_pooling"))
    assert trained.exit_code == 0, trained.stderr
    kept = {}
    for method in ("attention", "cam"):
        result = command("activate", copied, "-q", *set_to(f"activate.method={method}"))
        assert result.exit_code == 0, result.stderr
        kept[method] = read_planes(copied / "maps" / "p01.npz")[0]
    assert kept["attention"].any()
    assert not np.array_equal(kept["attention"], kept["cam"])


def test_a_transformer_goes_the_whole_way(
    tiny_data: Path, tmp_path: Path, run_quickly: Callable[..., RunFolder],
    command: Callable[..., Result],
) -> None:
    """From scratch, and its attention is read for each tag; a token for all gives one map."""
    own = ("classify.backbone=vit_ti16", "classify.weights=none", "segment.epochs=1",
           "activate.discriminant=false",
           "segment.onnx=false")  # its export takes 20 s, see tests/prediction
    run = run_quickly(tiny_data, tmp_path / "run", *own, "activate.method=attention").root
    maps, tags = read_planes(run / "maps" / "p02.npz")
    assert len(maps) == len(tags) == 2
    assert np.array_equal(maps[0], maps[1])
    for method in OF_TRANSFORMERS:
        result = command("activate", run, "-q", *set_to(f"activate.method={method}"))
        assert result.exit_code == 0, result.stderr
        assert read_planes(run / "maps" / "p02.npz")[0].any()
    maps = read_planes(run / "maps" / "p02.npz")[0]
    assert not np.array_equal(maps[0], maps[1])  # weighed by gradients, classes differ


@pytest.mark.parametrize("method", [*OF_TRANSFORMERS, "attention"])
def test_a_backbone_without_attention_is_told(
    method: str, copied: Path, command: Callable[..., Result]
) -> None:
    """In a line, with what to take instead."""
    result = command("activate", copied, "-q", *set_to(f"activate.method={method}"))
    assert result.exit_code == 2
    assert "no self-attention to read; use grad_cam" in result.stderr


def test_a_layer_that_is_not_there_is_told(copied: Path, command: Callable[..., Result]) -> None:
    """With the nearest one."""
    settings = set_to("activate.method=grad_cam", "activate.layers=backbone.blokcs.3")
    result = command("activate", copied, "-q", *settings)
    assert result.exit_code == 2
    assert "did you mean backbone.blocks.3" in result.stderr


def test_explain_writes_one_picture(
    copied: Path, tiny_data: Path, tmp_path: Path, command: Callable[..., Result]
) -> None:
    """Of a photo of the data set, by the run's classifier."""
    photo = next(path for path in tiny_data.rglob("p01.*") if path.parent.name != "masks")
    out = tmp_path / "seen.png"
    result = command("explain", photo, "--run", copied, "--classes", "disc", "--out", out)
    assert result.exit_code == 0, result.stderr
    assert out.stat().st_size > 1000
    wrong = command("explain", photo, "--run", copied, "--classes", "dsic", "--out", out)
    assert wrong.exit_code == 2
    assert "did you mean disc" in wrong.stderr
