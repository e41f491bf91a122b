"""Segmentation networks by name; a new one is one module and one line here."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from tag2mask.backbones import BackboneModule
from tag2mask.contracts import InputError
from tag2mask.segmentation.segmenter import Segmenter
from tag2mask.segmentation.unet import UNetDecoder

__all__ = ["Segmenter", "create_segmenter", "segmenter_names"]


def _unet(encoder: BackboneModule, num_labels: int) -> Segmenter:
    """Stop at stride 4: the step to stride 2 takes half of the time, and sees little but colour."""
    first = next((i for i, stride in enumerate(encoder.strides) if stride >= 4), 0)
    channels = encoder.channels[first:]
    widths = (64, 128, 192, 256, 256)[: len(channels)]
    return Segmenter(encoder, UNetDecoder(channels, widths), num_labels)


_SEGMENTERS: dict[str, Callable[[BackboneModule, int], Segmenter]] = {"unet": _unet}


def segmenter_names() -> tuple[str, ...]:
    """Return every name that `create_segmenter` takes."""
    return tuple(_SEGMENTERS)


def create_segmenter(name: str, *, num_labels: int, encoder: BackboneModule) -> Segmenter:
    """Build a segmentation network around an encoder.

    Args:
        name: one of `segmenter_names()`.
        num_labels: K + 1, the background included.
        encoder: a backbone, as `create_backbone` gives it.

    Raises:
        InputError: no network has that name; the nearest one is suggested.
    """
    if name not in _SEGMENTERS:
        near = difflib.get_close_matches(name, _SEGMENTERS, 1) or [", ".join(_SEGMENTERS)]
        raise InputError(f"There is no segmentation network {name!r}; did you mean {near[0]}?")
    return _SEGMENTERS[name](encoder, num_labels)
