"""Maps are the same whatever computes the features, and settings that cannot be are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask import pipeline
from tag2mask.models.backbones import reading
from tag2mask.run_folder.context import read_about
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import ActivateAbout
from tag2mask.stages.activate.run import ActivateConfig


def test_masks_are_equal_in_both_runtimes(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maps to the rounding of float16, in which they are stored; then the pseudo masks."""
    monkeypatch.setattr(reading, "ENOUGH_PIXELS", 0)
    monkeypatch.setattr(reading, "in_bfloat16", lambda: False)
    monkeypatch.setattr(reading, "_times", lambda *_: iter([(1.0, 2.0)]))
    run = RunFolder(copied)
    maps = {path: read_planes(path)[0].copy() for path in (copied / "maps").glob("*.npz")}
    masks = {path: np.asarray(Image.open(path)) for path in (copied / "masks").glob("*.png")}
    assert read_about(run, ActivateAbout).runtime == "eager"
    for stage in ("activate", "sharpen", "label"):
        pipeline.run_stage(stage, run.root)
    assert read_about(run, ActivateAbout).runtime == "onnxruntime"
    for path, planes in maps.items():
        np.testing.assert_allclose(read_planes(path)[0], planes, atol=1e-3)
    assert masks
    for path, mask in masks.items():
        assert (np.asarray(Image.open(path)) == mask).mean() > 0.99


@pytest.mark.parametrize(("settings", "fault"), [
    ({"runtime": "onnx_runtime"}, "did you mean 'onnxruntime'"),
    ({"runtime": "onnxruntime", "method": "grad_cam"}, "method=grad_cam reads more"),
    ({"runtime": "onnxruntime", "layers": ("head",)}, "layers=head reads more"),
])
def test_settings_that_do_not_fit_are_refused(settings: dict[str, object], fault: str) -> None:
    """Before anything is started."""
    with pytest.raises(ValueError, match=fault):
        ActivateConfig(**settings)  # type: ignore[arg-type]


def test_methods_that_need_more_take_torch() -> None:
    """Without a word, where the runtime is auto."""
    assert ActivateConfig().reads_features
    assert not ActivateConfig(method="layer_cam").reads_features
    assert not ActivateConfig(layers=("backbone.blocks.10",)).reads_features
