"""Backbones: images in, features at several strides out, high resolution first.

A new backbone is one module and one line in `_BACKBONES`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import Tensor

from tag2mask.backbones.efficientnet_lite import EfficientNetLite, translate_published
from tag2mask.backbones.module import BackboneModule
from tag2mask.backbones.vgg import VGG, VGG16, VGG16_BN, VGG16_BN_HALF, VGG16_BN_QUARTER, VGGSpec
from tag2mask.backbones.weights import embedded_lite0, load_strictly, read_state
from tag2mask.contracts import InputError

__all__ = [
    "BackboneEntry", "BackboneModule", "backbone_entry", "backbone_names", "create_backbone",
]


@dataclass(frozen=True, kw_only=True)
class BackboneEntry:
    """How a backbone is built, and where its pretrained weights are."""

    build: Callable[..., BackboneModule]
    """Takes `output_stride`."""
    pretrained: Callable[[], dict[str, Tensor]] | None
    """Gives the weights in our names."""
    pretraining: str
    """What those weights were trained on, for the protocol of every figure."""
    pixel_mean: tuple[float, ...]
    """Subtracted from pixels in 0..255."""
    pixel_std: tuple[float, ...]
    """Divided by after that."""


def _vgg(spec: VGGSpec) -> BackboneEntry:
    return BackboneEntry(
        build=partial(VGG, spec), pretrained=None, pretraining="none: from scratch",
        pixel_mean=VGG.pixel_mean, pixel_std=VGG.pixel_std,
    )


_BACKBONES = {
    "efficientnet_lite0": BackboneEntry(
        build=EfficientNetLite,
        pretrained=lambda: translate_published(read_state(embedded_lite0())),
        pretraining="ImageNet-1k, image classes (EfficientNet-Lite0)",
        pixel_mean=EfficientNetLite.pixel_mean,
        pixel_std=EfficientNetLite.pixel_std,
    ),
    "vgg16": _vgg(VGG16),
    "vgg16_bn": _vgg(VGG16_BN),
    "vgg16_bn_half": _vgg(VGG16_BN_HALF),
    "vgg16_bn_quarter": _vgg(VGG16_BN_QUARTER),
}


def backbone_names() -> tuple[str, ...]:
    """Return every name that `create_backbone` takes."""
    return tuple(_BACKBONES)


def backbone_entry(name: str) -> BackboneEntry:
    """Look a backbone up.

    Raises:
        InputError: no backbone has that name; the nearest one is suggested.
    """
    if name not in _BACKBONES:
        near = difflib.get_close_matches(name, _BACKBONES, 1) or [", ".join(_BACKBONES)]
        raise InputError(f"There is no backbone {name!r}; did you mean {near[0]}?")
    return _BACKBONES[name]


def create_backbone(
    name: str,
    *,
    weights: str | Path | Mapping[str, Tensor] | None = None,
    output_stride: int = 16,
) -> BackboneModule:
    """Build a backbone; its forward gives a list of features, high resolution first.

    Args:
        name: one of `backbone_names()`.
        weights: "pretrained", a file (our names or the published ones), a state dict, or None to
            start from scratch.
        output_stride: of the last feature, where the backbone leaves the choice.

    Returns:
        A module with `channels`, `strides`, `pixel_mean` and `pixel_std`.

    Raises:
        InputError: an unknown name, or weights that do not fit.
    """
    entry = backbone_entry(name)
    backbone = entry.build(output_stride=output_stride)
    if weights is None:
        return backbone
    state, source = _resolve(entry, weights, name)
    if any(key.startswith("_blocks.") for key in state):
        state = translate_published(dict(state))
    load_strictly(backbone, state, source)
    return backbone


def _resolve(
    entry: BackboneEntry, weights: str | Path | Mapping[str, Tensor], name: str
) -> tuple[Mapping[str, Tensor], str]:
    if isinstance(weights, Mapping):
        return weights, "The state dict"
    if weights != "pretrained":
        return read_state(Path(weights)), str(weights)
    if entry.pretrained is None:
        raise InputError(f"There are no pretrained weights for {name}; give a file or none.")
    return entry.pretrained(), f"The pretrained weights of {name}"
