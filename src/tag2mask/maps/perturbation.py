"""Methods without gradients: channels are isolated or removed, and the target is recomputed.

All classes of an image share the same forward passes. There is one per channel of the layer, so
this takes hundreds of times as long as a gradient-based method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.maps.layers import call, watched
from tag2mask.maps.recording import LayerGrid, run_keeping
from tag2mask.maps.request import Request


def score_cam(request: Request, images: Tensor) -> list[Tensor]:
    """Weight each channel by the target of the image masked with it; (B, k, h, w) per layer.

    Wang et al., "Score-CAM" (CVPR Workshops 2020), algorithm 1: the channel, upsampled and scaled
    to 0..1, is multiplied with the image; a softmax over the channels converts the targets to
    weights. The target of an empty image, which the paper subtracts, is the same for all channels,
    so it does not affect the softmax and is omitted.
    """
    def weigh(name: str, kept: LayerGrid, image: Tensor, row: Request) -> Tensor:
        masks = _stretched(F.interpolate(
            kept.grid.transpose(0, 1), image.shape[2:], mode="bilinear", align_corners=False
        ))
        scores = [row.score(call(row.model, image * part)) for part in _parts(row, masks)]
        return torch.cat(scores).softmax(0)

    return _per_image(request, images, weigh)


def ablation_cam(request: Request, images: Tensor) -> list[Tensor]:
    """Weight each channel by the decrease of the target without it; (B, k, h, w) per layer.

    Desai and Ramaswamy, "Ablation-CAM" (WACV 2020), equation 3. Layers below are computed once per
    batch of channels, for one image; only the layers above process the changed copies.

    Differs from the paper: the decrease is divided by the absolute value of the target, since a
    negative target would invert the map.
    """
    def weigh(name: str, kept: LayerGrid, image: Tensor, row: Request) -> Tensor:
        whole = row.score(call(row.model, image))
        channels = torch.arange(kept.grid.shape[1], device=kept.grid.device)
        falls = [whole - _without(name, kept, part, image, row) for part in _parts(row, channels)]
        return torch.cat(falls) / whole.abs().clamp_min(1e-7)

    return _per_image(request, images, weigh)


_Weigh = Callable[[str, LayerGrid, Tensor, Request], Tensor]
"""(layer, its output, image (1, 3, H, W), request) -> weights (C, k)."""


def _per_image(request: Request, images: Tensor, weigh: _Weigh) -> list[Tensor]:
    rows: list[list[Tensor]] = [[] for _ in request.layers]
    for index in range(len(images)):
        image, row = images[index : index + 1], _of_image(request, index, len(images))
        for name, kept, maps in zip(row.layers, run_keeping(row, image)[1], rows, strict=True):
            weights = weigh(name, kept, image, row)
            maps.append(torch.einsum("ck,bchw->bkhw", weights.to(kept.grid), kept.grid))
    return [torch.cat(maps) for maps in rows]


def _of_image(request: Request, index: int, count: int) -> Request:
    """Return the request restricted to the classes of one image."""
    classes = request.classes
    if classes is not None and classes.dim() == 2:
        classes = classes[index % len(classes)]
    if request.target is None:
        return replace(request, classes=classes)
    if count > 1:
        raise InputError("A target of your own is read of one image at a time by this method.")
    return request


def _without(
    name: str, kept: LayerGrid, channels: Tensor, image: Tensor, request: Request
) -> Tensor:
    """Compute the targets (n, k) with one channel of the layer set to 0 in each of n copies."""
    left = kept.calls

    def ablate(_name: str, output: Tensor) -> Tensor | None:
        nonlocal left
        left -= 1
        if left:
            return None
        copies = output.expand(len(channels), *output.shape[1:]).clone()
        copies.movedim(kept.channel_axis, 1)[torch.arange(len(channels)), channels] = 0
        return copies

    with watched(request.model, [name], ablate):
        return request.score(call(request.model, image))


def _parts(request: Request, whole: Tensor) -> tuple[Tensor, ...]:
    return torch.split(whole, request.batch_size)


def _stretched(planes: Tensor) -> Tensor:
    """Scale each plane to 0..1; a constant plane becomes 0."""
    lowest, highest = planes.amin((2, 3), keepdim=True), planes.amax((2, 3), keepdim=True)
    return (planes - lowest) / (highest - lowest).clamp_min(1e-8)
