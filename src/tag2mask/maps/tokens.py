"""The position of a transformer's tokens in the image: rows, columns, and the first patch token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError

_MOST_SPARE = 16
"""Maximum assumed number of tokens besides the patches (class, distillation, registers)."""

_MOST_SPARE_OF_STAGE = 2
"""The same for a later stage of a hierarchical transformer."""

_HALVINGS = 5
"""Maximum number of times a hierarchical transformer halves its rows and columns of patches."""

_known: WeakKeyDictionary[nn.Module, dict[tuple[int, ...], int]] = WeakKeyDictionary()
"""Cached results of `first_patch` per model and arguments."""


def patch_grid(model: nn.Module, images: Tensor, tokens: int) -> tuple[int, int]:
    """Return the rows and columns of patches that a transformer divides an image into.

    Args:
        model: model with a `patch_size`, or with a patch embedding, a convolution whose stride is
            its kernel size; for others, the grid is inferred from the image's proportions.
        images: (B, 3, H, W), the input of the model.
        tokens: T, number of patches and class or other tokens.

    Raises:
        InputError: no grid has that number of patches, or several grids do.
    """
    height, width = images.shape[2:]
    patch = getattr(model, "patch_size", None)
    if isinstance(patch, int) and (height // patch) * (width // patch) <= tokens:
        return height // patch, width // patch
    grids = [grid for stride in _strides(model) for grid in _rounded(height, width, stride)]
    for rows, columns in grids:
        if 0 <= tokens - rows * columns <= _MOST_SPARE:
            return rows, columns
    smaller = [half for grid in grids for half in halved(grid)]
    for spare in range(_MOST_SPARE_OF_STAGE + 1):  # a hierarchical one may add a token at its end
        for rows, columns in smaller:
            if rows * columns + spare == tokens and rows * columns > spare:
                return rows, columns
    for count in (tokens, tokens - 1):
        alike = [(rows, count // rows) for rows in range(1, count + 1)
                 if count % rows == 0 and rows * width == count // rows * height]
        if len(alike) == 1 and count > 1:
            return alike[0]
    raise InputError(
        f"The grid of {tokens} tokens is unknown; give a reshape_transform that maps "
        "(B, T, C) into (B, C, h, w)."
    )


def first_patch(model: nn.Module, images: Tensor, grid: tuple[int, int], spare: int) -> int:
    """Find the index of the first patch token, the one that changes with the image's first corner.

    Args:
        model: model, run on one image and a changed copy of it, once per size.
        images: (B, 3, H, W).
        grid: rows and columns of the patches.
        spare: number of other tokens.

    Returns:
        an index, 0 to `spare`; `spare` (patches last, as usual) if the model mixes all positions
        before its tokens can be observed.
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
    """Run a model and return the first (1, count, C) that is input or output of a layer."""
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
    """Return whether a layer is a convolution that divides an image into patches."""
    return isinstance(layer, nn.Conv2d) and layer.kernel_size == layer.stride \
        and layer.kernel_size[0] >= 4 and layer.in_channels == 3


def _strides(model: nn.Module) -> list[tuple[int, int]]:
    return [(layer.stride[0], layer.stride[1]) for layer in model.modules()
            if is_patch_embedding(layer)]


def _rounded(height: int, width: int, stride: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the grid without incomplete patches, and the grid with padded ones."""
    down, right = stride
    yield height // down, width // right
    yield -(-height // down), -(-width // right)


def halved(grid: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the grids of later stages, each halved once more and rounded down, then up."""
    for up in (0, 1):
        rows, columns = grid
        for _ in range(_HALVINGS):
            rows, columns = (rows + up) // 2, (columns + up) // 2
            yield rows, columns
