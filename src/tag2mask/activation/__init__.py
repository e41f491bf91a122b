"""Activation maps: where a classifier saw each class.

A new method is one module and one line in `METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tag2mask.activation.cam import HasEvidence, cam
from tag2mask.activation.multi_scale import multi_scale, normalise_max
from tag2mask.contracts import InputError

__all__ = ["METHODS", "activate", "cam", "multi_scale", "normalise_max"]

METHODS: dict[str, Callable[[HasEvidence, Tensor], Tensor]] = {"cam": cam}


def activate(
    model: HasEvidence,
    images: Tensor,
    *,
    method: str = "cam",
    classes: Sequence[int] | None = None,
    scales: Sequence[float] = (1.0,),
    flip: bool = False,
    size: str = "feature",
) -> Tensor:
    """Read one map per class out of a classifier, all classes in one forward pass per scale.

    Args:
        model: a classifier, as `load_classifier` gives it.
        images: (B, 3, H, W), normalised.
        method: one of `METHODS`.
        classes: 0-based; all when left out.
        scales: maps of these sizes of the photo are averaged.
        flip: average with the maps of the mirror image.
        size: "feature" (the classifier's own resolution) or "image".

    Returns:
        (B, k, h, w) float32 in [0, 1], each map divided by its maximum, k in the order of
        `classes`.

    Raises:
        InputError: an unknown method, size or class.
    """
    if method not in METHODS:
        raise InputError(f"There is no map method {method!r}; use one of {', '.join(METHODS)}.")
    if size not in ("feature", "image"):
        raise InputError(f"Map size {size!r} is neither feature nor image.")
    stride = model.backbone.output_stride if size == "feature" else 1
    target = (-(-images.shape[2] // stride), -(-images.shape[3] // stride))
    with torch.inference_mode():
        maps = multi_scale(
            lambda view: METHODS[method](model, view), images, scales=scales, flip=flip,
            size=target,
        )
    if classes is not None:
        if any(not 0 <= index < maps.shape[1] for index in classes):
            raise InputError(f"Classes {list(classes)} are not all in 0..{maps.shape[1] - 1}.")
        maps = maps[:, list(classes)]
    return normalise_max(maps)
