"""Choose what computes the features of a backbone that is only read, by a test.

ONNX Runtime takes 0.55 to 0.65 of torch's time for a folded EfficientNet-Lite0 (`docs/speed.md`).
It is used where the test shows that it is faster and equal, and where so many pixels are read that
the export pays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from tag2mask.core.precision import in_bfloat16
from tag2mask.core.registry import Registry
from tag2mask.models.backbones.exported import ExportedBackbone, in_onnx_runtime
from tag2mask.models.backbones.module import BackboneModule

ENOUGH_PIXELS = 2e7
"""Number of pixels below which the export takes longer than it saves: 80 photos of 500 x 500."""

TOLERANCE = 1e-4
"""Largest difference of a feature, relative to the largest value."""

_QUICKER = 0.95
"""Largest share of torch's time at which the exported backbone is used."""
_SIZE, _ROUNDS = (203, 301), 3

Reader = Callable[[BackboneModule, float], BackboneModule]
"""Takes a backbone in evaluation mode and the number of pixels that it will read."""

READERS: Registry[Reader] = Registry("runtime for reading")
"""What computes the features of a backbone that is only read."""


def for_reading(
    backbone: BackboneModule, *, pixels: float, runtime: str = "auto"
) -> BackboneModule:
    """Return a backbone with the same features that is faster to read.

    Args:
        backbone: in evaluation mode; its weights must not change afterwards.
        pixels: number of pixels of all images that will be read.
        runtime: one of `READERS`: "eager" (torch), "onnxruntime", or "auto", which tests both.

    Raises:
        InputError: an unknown runtime, or one that cannot compute this backbone.
    """
    return READERS.get(runtime)(backbone, pixels)


def name_of(backbone: BackboneModule) -> str:
    """Return the name of the runtime that computes the features of a backbone."""
    return "onnxruntime" if isinstance(backbone, ExportedBackbone) else "eager"


def _faster(backbone: BackboneModule, pixels: float) -> BackboneModule:
    """Return the exported backbone if it pays; torch in bfloat16 is faster still."""
    on_cpu = next(backbone.parameters()).device.type == "cpu"
    if pixels < ENOUGH_PIXELS or backbone.pads_to is None or not on_cpu or in_bfloat16():
        return backbone
    try:
        exported = in_onnx_runtime(backbone)
        return exported if _is_better(exported, backbone) else backbone
    except Exception:  # exporter and runtime have no common base class, and torch can always read
        return backbone


@torch.no_grad()
def _is_better(exported: BackboneModule, backbone: BackboneModule) -> bool:
    """Compare features and times on noise of a size that has to be padded."""
    noise = torch.randn(1, 3, *_SIZE, generator=torch.Generator().manual_seed(0))
    images = noise.contiguous(memory_format=torch.channels_last)
    pairs = zip(exported(images), backbone(images), strict=True)
    if not all(_agree(found, wanted) for found, wanted in pairs):
        return False
    times = list(_times(exported, backbone, images))
    return min(own for own, _ in times) < _QUICKER * min(other for _, other in times)


def _agree(found: Tensor, wanted: Tensor) -> bool:
    if found.shape != wanted.shape:
        return False
    largest = wanted.abs().amax().clamp_min(1e-6)
    return bool((found - wanted).abs().amax() <= TOLERANCE * largest)


def _times(
    first: BackboneModule, second: BackboneModule, images: Tensor
) -> Iterator[tuple[float, float]]:
    """Yield the seconds of both, in turn, so that other load on the machine affects both."""
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        first(images)
        middle = time.perf_counter()
        second(images)
        yield middle - start, time.perf_counter() - middle


READERS.update({
    "auto": _faster, "eager": lambda backbone, _: backbone,
    "onnxruntime": lambda backbone, _: in_onnx_runtime(backbone),
})
