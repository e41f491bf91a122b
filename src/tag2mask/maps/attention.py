"""Maps from the attention of a transformer.

With one token for all classes, or with random weights, the maps of all classes are equal; each
method states whether its maps differ between classes.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.maps.attention_recording import Attention, AttentionRecorder
from tag2mask.maps.cam import HasEvidence
from tag2mask.maps.layers import call
from tag2mask.maps.request import Request
from tag2mask.maps.targets import pick
from tag2mask.maps.tokens import first_patch, patch_grid


@runtime_checkable
class HasAttention(Protocol):
    """A classifier that pools by an attention per class."""

    def attention(self, images: Tensor) -> Tensor | None:
        """Map images (B, 3, H, W) to weights (B, K, h, w) that sum to 1; None without attention."""
        ...


def attention(request: Request, images: Tensor) -> list[Tensor]:
    """Read class-to-patch attention, propagated by patch-to-patch attention.

    Xu et al., "Multi-class Token Transformer" (CVPR 2022), equations 3 to 5: the class-to-patch
    attention, averaged over heads and the last layers, times the patch-to-patch attention averaged
    over heads and all layers. With one token per class there is a map per class; with a single
    token all classes get its map. For a classifier that pools by one attention per class, that
    attention is returned.

    Differs from the paper: the last quarter of the layers counts as the last ones (3 of 12 there).

    Returns:
        one (B, k, h, w), 0 or more.
    """
    if isinstance(request.model, HasAttention):
        own = request.model.attention(images)
        if own is not None:
            return [pick(own, request.classes)]
    layers, scores = _record(request, images)
    mean = [layer.weights.mean(1) for layer in layers]
    grid, before = _places(request, images, mean[0])
    last = torch.stack(mean[-max(1, len(mean) // 4):]).mean(0)
    between = torch.stack([weights[:, before:, before:] for weights in mean]).mean(0)
    to_patches = _class_rows(last, before, request, scores.shape[1])
    return [(to_patches @ between.mT).reshape(*to_patches.shape[:2], *grid)]


def attention_rollout(request: Request, images: Tensor) -> list[Tensor]:
    """Multiply the attention of all layers, including residual connections.

    Abnar and Zuidema, "Quantifying Attention Flow in Transformers" (ACL 2020), equation 1, heads
    averaged. It is not class-specific: with a single token all classes get the same map.

    Returns:
        one (B, k, h, w), 0 or more.
    """
    layers, scores = _record(request, images)
    flow = _rolled([layer.weights.mean(1) for layer in layers])
    grid, before = _places(request, images, flow)
    rows = _class_rows(flow, before, request, scores.shape[1])
    return [rows.reshape(*rows.shape[:2], *grid)]


def gradient_attention(request: Request, images: Tensor) -> list[Tensor]:
    """Weight attention by the gradient of the class, then accumulate it over layers.

    Chefer et al., "Generic Attention-model Explainability" (ICCV 2021), equations 5 and 6: the
    positive part of attention times gradient, averaged over heads, updates the token relevance
    layer by layer. Without a class token, the relevance is averaged over all patches.

    Returns:
        one (B, k, h, w), 0 or more.
    """
    layers, scores = _record(request, images)
    edges = [layer.edge for layer in layers if layer.edge is not None]
    if not scores.requires_grad or len(edges) < len(layers):
        raise InputError("There is no gradient from the output to the attention; "
                         "use attention.")
    keep, rows = request.differentiable, []
    for index in range(scores.shape[1]):
        gradients = torch.autograd.grad(
            scores[:, index].sum(), edges, create_graph=keep, allow_unused=True,
            retain_graph=keep or index + 1 < scores.shape[1],
        )
        rows.append(_relevance(layers, gradients, keep))
    grid, before = _places(request, images, rows[0])
    if isinstance(request.model, HasEvidence) and not hasattr(request.model, "class_tokens"):
        maps = [flow[:, before:, before:].mean(1) for flow in rows]
    else:
        maps = [_class_rows(flow, before, request, scores.shape[1])[:, index]
                for index, flow in enumerate(rows)]
    return [torch.stack(maps, 1).reshape(len(images), -1, *grid)]


def _record(request: Request, images: Tensor) -> tuple[list[Attention], Tensor]:
    """Run the model and return its self-attention and the targets (B, k)."""
    if torch.is_grad_enabled() and not request.differentiable:
        images = images.detach().requires_grad_()  # the weights may be frozen
    with AttentionRecorder() as recorder:
        scores = request.score(call(request.model, images))
    if not recorder.layers:
        raise InputError("The model has no self-attention to read; use grad_cam.")
    return _of_one_length(recorder.layers), scores


def _of_one_length(layers: list[Attention]) -> list[Attention]:
    tokens = {layer.weights.shape[-1] for layer in layers}
    if len(tokens) > 1:
        raise InputError("The number of tokens differs between layers, so attention does not add "
                         "up; use grad_cam.")
    return layers


def _rolled(weights: list[Tensor]) -> Tensor:
    """Multiply (B, T, T) of all layers, each averaged with the identity (the residual path)."""
    same = torch.eye(weights[0].shape[-1], device=weights[0].device, dtype=weights[0].dtype)
    flow = same
    for attention_of_layer in weights:
        flow = (attention_of_layer + same) / 2 @ flow
    return flow


def _relevance(
    layers: list[Attention], gradients: tuple[Tensor | None, ...], keep: bool
) -> Tensor:
    """Accumulate the relevance between tokens for one target: (B, T, T)."""
    first = layers[0].weights
    flow = torch.eye(first.shape[-1], device=first.device, dtype=first.dtype)
    flow = flow.expand(len(first), -1, -1)
    for layer, gradient in zip(layers, gradients, strict=True):
        if gradient is None:  # the last layer's patches reach no class token's output
            continue
        weights = layer.weights if keep else layer.weights.detach()
        weighed = (weights * gradient.reshape(weights.shape)).clamp_min(0).mean(1)
        flow = flow + weighed @ flow
    return flow


def _places(
    request: Request, images: Tensor, weights: Tensor
) -> tuple[tuple[int, int], int]:
    """Return the grid (rows, columns) of the patches and the number of tokens before them."""
    if len(weights) != len(images):
        raise InputError("The model attends within windows, so its attention is no map of the "
                         "image; use grad_cam.")
    tokens = weights.shape[-1]
    grid = patch_grid(request.model, images, tokens)
    before = tokens - grid[0] * grid[1]
    if first_patch(request.model, images, grid, before) != before:
        raise InputError("The class token does not come before the patches, which is not supported "
                         "here; use grad_cam.")
    return grid, before


def _class_rows(weights: Tensor, before: int, request: Request, count: int) -> Tensor:
    """Select the rows of attention from class tokens to patches.

    Args:
        weights: (B, T, T).
        before: number of tokens before the patches.
        request: request whose classes select the rows if every class has a token.
        count: number of targets, k.

    Returns:
        (B, k, h * w): the row of each class's own token if there are as many tokens as classes,
        else that of the first token for all; without class tokens, the mean over all patches.
    """
    if before == 0:
        return weights.mean(1, keepdim=True).expand(-1, count, -1)
    per_class = getattr(request.model, "class_tokens", 0)
    if per_class and per_class <= before:
        return pick(weights[:, :per_class, before:], request.classes)
    return weights[:, :1, before:].expand(-1, count, -1)
