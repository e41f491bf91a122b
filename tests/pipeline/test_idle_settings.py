"""Weights and layers that would not be read are refused before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.pipeline.config import load_config
from tag2mask.pipeline.idle_settings import refuse_idle
from tag2mask.run_folder.folder import RunFolder


@pytest.mark.parametrize("settings", [
    ("segment.weights=nofile.safetensors",),
    ("segment.weights=pretrained", "segment.backbone=efficientnet_lite0"),
    ("segment.weights=pretrained", "segment.model=fcn_8s", "classify.backbone=vgg16_bn"),
])
def test_weights_of_the_classifiers_own_encoder_are_refused(settings: tuple[str, ...]) -> None:
    """The sentence names the setting, the backbone and the fix."""
    with pytest.raises(InputError, match=r"segment\.weights=.*Leave it at none"):
        refuse_idle(load_config(overrides=settings))


@pytest.mark.parametrize("settings", [
    (), ("segment.weights=pretrained", "segment.model=hrnet_w48"),
    ("segment.weights=hf://timm/a", "segment.backbone=resnet18"),
])
def test_weights_of_another_encoder_are_taken(settings: tuple[str, ...]) -> None:
    """As the default, none, is."""
    refuse_idle(load_config(overrides=settings))


@pytest.mark.parametrize("method", ["cam", "correlated_cam", "attention"])
def test_layers_that_the_method_does_not_read_are_refused(method: str) -> None:
    """Unless another stage alone is run."""
    config = load_config(overrides=["activate.layers=a.1", f"activate.method={method}"])
    for stage in ("", "activate"):
        with pytest.raises(InputError, match=rf"activate\.layers=.* not be read by {method}"):
            refuse_idle(config, stage)
    refuse_idle(config, "segment")
    refuse_idle(load_config(overrides=["activate.layers=a,b", "activate.method=layer_cam"]))


def test_an_address_is_checked_before_the_classifier_is_trained(
    tiny_data: Path, tmp_path: Path, run_quickly: Callable[..., RunFolder]
) -> None:
    """So that no training is lost."""
    with pytest.raises(InputError, match="hf://USER/NAME"):
        run_quickly(tiny_data, tmp_path / "run", "segment.weights=hf://bad",
                    "segment.backbone=resnet18")
    assert not (tmp_path / "run" / "classifier").exists()
