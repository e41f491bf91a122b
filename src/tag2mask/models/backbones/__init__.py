"""Backbones, which map images to features at several strides, high resolution first.

A new backbone is one module with its `ENTRIES`, and one name in the loop below.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.core.hub_address import is_on_hub, repository_of
from tag2mask.core.registry import Registry
from tag2mask.models.backbones import efficientnet_lite, hrnet_entries, resnet, vgg, vit
from tag2mask.models.backbones.entry import BackboneEntry
from tag2mask.models.backbones.hub import fetch
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.backbones.timm_entry import PREFIX, timm_entry
from tag2mask.models.backbones.weights import load_fitting, read_given, read_state

__all__ = [
    "BACKBONES", "BackboneEntry", "BackboneModule", "create_backbone",
]


BACKBONES: Registry[BackboneEntry] = Registry("backbone", group="tag2mask.backbones")
"""The backbones by name; other packages add backbones through entry points of this group."""

for _module in (efficientnet_lite, resnet, vgg, hrnet_entries, vit):
    BACKBONES.update(_module.ENTRIES)
BACKBONES.add_family(PREFIX, timm_entry)


def create_backbone(
    name: str,
    *,
    weights: str | Path | Mapping[str, Tensor] | None = None,
    output_stride: int | None = None,
) -> BackboneModule:
    """Build a backbone; its forward returns a list of features, high resolution first.

    Args:
        name: one of `BACKBONES.names()`, or "timm:NAME" for any model of timm, if the extra `timm`
            is installed.
        weights: "pretrained" (downloaded on first use for some backbones), a file, a repository of
            the hub ("hf://USER/NAME", of which `model.safetensors` is read) or a state dict (our
            names or the published ones, with any prefix), or None for random initialisation. With
            weights, normalisation statistics are not updated in training.
        output_stride: stride of the classified feature, if the backbone supports several; the
            backbone's default if None.

    Returns:
        A module with `channels`, `strides`, `pixel_mean` and `pixel_std`.

    Raises:
        InputError: an unknown name, weights that do not fit, or that cannot be fetched.
    """
    entry = BACKBONES.get(name)
    backbone = entry.build(output_stride=output_stride or entry.output_stride)
    if weights is not None:
        state, source = _resolve(entry, weights, name)
        load_fitting(backbone, state, source, read=entry.read)
    backbone.fixed_statistics = weights is not None
    return backbone.train()


def _resolve(
    entry: BackboneEntry, weights: str | Path | Mapping[str, Tensor], name: str
) -> tuple[Mapping[str, Tensor], str]:
    if isinstance(weights, str) and is_on_hub(weights):
        return read_state(fetch(repository_of(weights))), f"The weights of {weights}"
    if isinstance(weights, Mapping) or weights != "pretrained":
        return read_given(weights)
    if entry.pretrained_state is not None:
        return entry.pretrained_state(), f"The pretrained weights of {name}"
    if entry.pretrained is None:
        raise InputError(f"There are no pretrained weights for {name}; give a file or none.")
    return read_state(entry.pretrained()), f"The pretrained weights of {name}"
