"""How a transformer's tokens lie in the image: rows, columns, and the token of the first patch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError

_MOST_SPARE = 16
"""Tokens beside the patches (class, distillation, registers) that are believed of any model."""

_HALVINGS = 5
"""How often a hierarchical transformer may halve its patches' rows and columns."""

_known: WeakKeyDictionary[nn.Module, dict[tuple[int, ...], int]] = WeakKeyDictionary()
"""What `first_patch` found for a model, by the numbers that it depends on."""


def patch_grid(model: nn.Module, images: Tensor, tokens: int) -> tuple[int, int]:
    """Say how many patches a transformer cuts an image into: rows and columns.

    Args:
        model: with a `patch_size`, or a patch embedding, a convolution that strides by its
            kernel's side; of another one the image's proportions decide.
        images: (B, 3, H, W), what the model was given.
        tokens: T, patches and class or other tokens.

    Raises:
        InputError: no grid has that number of patches, or several have.
    """
    height, width = images.shape[2:]
    patch = getattr(model, "patch_size", None)
    if isinstance(patch, int) and (height // patch) * (width // patch) <= tokens:
        return height // patch, width // patch
    grids = [grid for stride in _strides(model) for grid in _rounded(height, width, stride)]
    for rows, columns in grids:
        if 0 <= tokens - rows * columns <= _MOST_SPARE:
            return rows, columns
    for rows, columns in (smaller for grid in grids for smaller in _halved(grid)):
        if rows * columns == tokens:
            return rows, columns
    alike = [(rows, tokens // rows) for rows in range(1, tokens + 1)
             if tokens % rows == 0 and rows * width == tokens // rows * height]
    if len(alike) == 1 and tokens > 1:
        return alike[0]
    raise InputError(
        f"The grid of {tokens} tokens is unknown; give a reshape_transform that maps "
        "(B, T, C) into (B, C, h, w)."
    )


def first_patch(model: nn.Module, images: Tensor, grid: tuple[int, int], spare: int) -> int:
    """Find which token is the first patch: the one that changes with the image's first corner.

    Args:
        model: run on one image and a changed copy of it, once for each size.
        images: (B, 3, H, W).
        grid: rows and columns of the patches.
        spare: how many other tokens there are.

    Returns:
        an index, 0 to `spare`; `spare` (patches are last, as usual) where the model mixes all
        places before its tokens can be seen.
    """
    if spare == 0 or model.training or hasattr(model, "patch_size"):
        return spare
    key = (*images.shape[2:], *grid, spare)
    found = _known.setdefault(model, {})
    if key not in found:
        found[key] = _changed_token(model, images[:1], grid, spare)
    return found[key]


@torch.no_grad()
def _changed_token(
    model: nn.Module, image: Tensor, grid: tuple[int, int], spare: int
) -> int:
    corner = image.clone()
    corner[:, :, : image.shape[2] // grid[0], : image.shape[3] // grid[1]] += 1
    count = grid[0] * grid[1] + spare
    before, after = (_first_tokens(model, each, count) for each in (image, corner))
    if before is None or after is None or before.shape != after.shape:
        return spare
    changed = (before != after).any(2)[0].nonzero().flatten().tolist()
    return changed[0] if changed and len(changed) < count and changed[0] <= spare else spare


def _first_tokens(model: nn.Module, image: Tensor, count: int) -> Tensor | None:
    """Run a model and keep the first (1, count, C) that goes into or out of one of its layers."""
    seen: list[Tensor] = []

    def note(_layer: nn.Module, *tensors: object) -> None:
        flat = [part for given in tensors for part in (given if isinstance(given, tuple) else
                                                       (given,))]
        for part in flat:
            if not seen and isinstance(part, Tensor) and part.dim() == 3 \
                    and part.shape[:2] == (1, count):
                seen.append(part.clone())

    layers = list(model.modules())
    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    hooks += [layer.register_forward_hook(note) for layer in layers]
    try:
        model._call_impl(image)  # type: ignore[no-untyped-call]
    finally:
        for hook in hooks:
            hook.remove()
    return seen[0] if seen else None


def is_patch_embedding(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    """Whether a layer is a convolution that cuts an image into patches."""
    return isinstance(layer, nn.Conv2d) and layer.kernel_size == layer.stride \
        and layer.kernel_size[0] >= 4 and layer.in_channels == 3


def _strides(model: nn.Module) -> list[tuple[int, int]]:
    return [(layer.stride[0], layer.stride[1]) for layer in model.modules()
            if is_patch_embedding(layer)]


def _rounded(height: int, width: int, stride: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Give the grids that leave incomplete patches out, and that pad them."""
    down, right = stride
    yield height // down, width // right
    yield -(-height // down), -(-width // right)


def _halved(grid: tuple[int, int]) -> Iterator[tuple[int, int]]:
    for up in (0, 1):
        rows, columns = grid
        for _ in range(_HALVINGS):
            rows, columns = (rows + up) // 2, (columns + up) // 2
            yield rows, columns
