"""Backbones: images in, features at several strides out, high resolution first.

A new backbone is one module, which tells its `ENTRIES`, and one line in `_BACKBONES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from tag2mask.core.contracts import InputError, nearest
from tag2mask.models.backbones import efficientnet_lite, hrnet_entries, resnet, vgg, vit
from tag2mask.models.backbones.entry import BackboneEntry
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.backbones.timm_entry import PREFIX, timm_entry
from tag2mask.models.backbones.weights import load_fitting, read_given, read_state

__all__ = [
    "BackboneEntry", "BackboneModule", "backbone_entry", "backbone_names", "create_backbone",
]


_BACKBONES: dict[str, BackboneEntry] = {
    **efficientnet_lite.ENTRIES,
    **resnet.ENTRIES,
    **vgg.ENTRIES,
    **hrnet_entries.ENTRIES,
    **vit.ENTRIES,
}


def backbone_names() -> tuple[str, ...]:
    """Return every name that `create_backbone` takes."""
    return tuple(_BACKBONES)


def backbone_entry(name: str) -> BackboneEntry:
    """Look a backbone up.

    Raises:
        InputError: no backbone has that name; the nearest one is suggested.
    """
    if name.startswith(PREFIX):
        return timm_entry(name)
    if name not in _BACKBONES:
        near = nearest(name, _BACKBONES)
        raise InputError(f"There is no backbone {name!r}; did you mean {near}?")
    return _BACKBONES[name]


def create_backbone(
    name: str,
    *,
    weights: str | Path | Mapping[str, Tensor] | None = None,
    output_stride: int | None = None,
) -> BackboneModule:
    """Build a backbone; its forward gives a list of features, high resolution first.

    Args:
        name: one of `backbone_names()`, or "timm:NAME" for any model of timm, where the extra
            `timm` is installed.
        weights: "pretrained" (for some backbones fetched over the network the first time), a file
            or a state dict (our names or the published ones, with any prefix), or None to start
            from scratch. With weights, training leaves the normalisation statistics alone.
        output_stride: of the feature that classes are told by, where the backbone leaves the
            choice; its own by default.

    Returns:
        A module with `channels`, `strides`, `pixel_mean` and `pixel_std`.

    Raises:
        InputError: an unknown name, weights that do not fit, or that cannot be fetched.
    """
    entry = backbone_entry(name)
    backbone = entry.build(output_stride=output_stride or entry.output_stride)
    if weights is not None:
        state, source = _resolve(entry, weights, name)
        load_fitting(backbone, state, source, read=entry.read)
    backbone.fixed_statistics = weights is not None
    return backbone.train()


def _resolve(
    entry: BackboneEntry, weights: str | Path | Mapping[str, Tensor], name: str
) -> tuple[Mapping[str, Tensor], str]:
    if isinstance(weights, Mapping) or weights != "pretrained":
        return read_given(weights)
    if entry.pretrained_state is not None:
        return entry.pretrained_state(), f"The pretrained weights of {name}"
    if entry.pretrained is None:
        raise InputError(f"There are no pretrained weights for {name}; give a file or none.")
    return read_state(entry.pretrained()), f"The pretrained weights of {name}"
