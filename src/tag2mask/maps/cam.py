"""CAM: the class layer applied to every cell of the last feature (Zhou et al., CVPR 2016).

All classes need one forward pass and no backward pass.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.maps.recording import run_keeping
from tag2mask.maps.request import Request, refuse_layers
from tag2mask.maps.targets import logits_of, pick


@runtime_checkable
class HasClassMaps(Protocol):
    """A classifier that provides its own maps."""

    def class_maps(self, images: Tensor, classes: Tensor | None) -> Tensor:
        """Map images (B, 3, H, W), and (k,) or (B, k) classes, to maps of all (B, K, h, w)."""
        ...


@runtime_checkable
class HasEvidence(Protocol):
    """A classifier whose head computes class evidence before pooling."""

    def evidence(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to class evidence (B, K, h, w)."""
        ...


def cam(request: Request, images: Tensor) -> list[Tensor]:
    """Weight the channels of the last feature by the class layer's weights (section 2, equation 2).

    If the model provides its own maps or evidence, these are used. Otherwise the class layer must
    be linear and applied to the spatial mean of the layer's output, which is verified numerically.

    Args:
        request: request whose layer, if the model has no evidence, is the input of the class layer.
        images: (B, 3, H, W), normalised.

    Returns:
        one (B, k, h, w), signed.

    Raises:
        InputError: the model has no such class layer; or it has evidence, and layers are named.
    """
    refuse_target(request)
    if isinstance(request.model, HasClassMaps | HasEvidence):
        refuse_layers(request, "cam", "the class evidence")
    if isinstance(request.model, HasClassMaps):
        return [pick(request.model.class_maps(images, request.classes), request.classes)]
    if isinstance(request.model, HasEvidence):
        return [pick(request.model.evidence(images), request.classes)]
    if len(request.layers) != 1:
        raise InputError("CAM reads one layer, the last; use layer_cam for several.")
    output, (kept,) = run_keeping(request, images)
    # An in-place activation after the layer changes the input of the class layer.
    return [cam_of_layer(request, output, kept.final)]


def refuse_target(request: Request) -> None:
    """Raise an error for a custom target, which CAM does not support.

    Raises:
        InputError: the request has a custom target.
    """
    if request.target is not None:
        raise InputError("CAM explains classes, not a custom target; use grad_cam.")


def cam_of_layer(request: Request, output: Any, grid: Tensor) -> Tensor:  # noqa: ANN401
    """Weight the input of the class layer, the last layer of a request, by its weights.

    Args:
        request: request for a foreign model.
        output: output of the model.
        grid: (B, C, h, w), the output of its last layer.

    Returns:
        (B, k, h, w), signed.

    Raises:
        InputError: no class layer is linear over the mean of the grid.
    """
    weight = class_weight(request.model, grid, logits_of(output))
    if weight is None:
        raise InputError(
            f"The class layer is not linear over the mean of layer {request.layers[-1]}; name its "
            "input layer, or use grad_cam, which does not need one."
        )
    rows = pick(weight.to(grid)[None].expand(len(grid), -1, -1), request.classes)
    return (rows @ grid.flatten(2)).reshape(len(grid), -1, *grid.shape[2:])


def class_weight(model: nn.Module, grid: Tensor, logits: Tensor) -> Tensor | None:
    """Find the layer whose weights (K, C) map the mean of `grid` to `logits`; None without one.

    Args:
        model: model to search for a linear layer, or a 1x1 convolution, from C to K.
        grid: (B, C, h, w).
        logits: (B, K).
    """
    pooled = grid.mean((2, 3))
    if logits.dim() != 2:
        return None
    for layer in model.modules():
        weight = getattr(layer, "weight", None)
        if not isinstance(layer, nn.Linear | nn.Conv2d) or not isinstance(weight, Tensor):
            continue
        if weight.shape[:2].numel() != weight.numel():
            continue
        matrix = weight.flatten(1)
        if matrix.shape != (logits.shape[1], pooled.shape[1]):
            continue
        found = F.linear(pooled.to(matrix), matrix, layer.bias).to(logits)
        size = logits.detach().abs().max().clamp_min(1e-6)
        tolerance = 1e-3 if logits.dtype in (torch.float32, torch.float64) else 3e-2
        if bool(((found - logits).abs() <= tolerance * size).all()):
            return matrix
    return None
