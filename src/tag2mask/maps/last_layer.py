"""The default layer for maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.maps.layers import call, watched
from tag2mask.maps.layouts import is_spatial
from tag2mask.maps.tokens import is_patch_embedding, patch_grid


@torch.no_grad()
def last_spatial_layer(model: nn.Module, images: Tensor) -> str:
    """Find the last layer with a spatial output: (B, C, h, w) with more than one cell.

    In a transformer it is the first normalisation of the last block, the last point from which
    the class token still attends to the patches.

    Args:
        model: the model; without an attribute `map_layer`, it is run on the first image.
        images: (B, 3, H, W).

    Raises:
        InputError: no layer has a spatial output.
    """
    declared = getattr(model, "map_layer", None)
    if isinstance(declared, str):
        return declared
    grids: list[tuple[str, bool]] = []
    norms: list[tuple[str, int]] = []

    def note(name: str, output: Tensor) -> None:
        if output.dim() == 4 and output.shape[0] == 1 and is_spatial(output, images):
            grids.append((name, name in objects))
        elif output.dim() == 3 and output.shape[0] == 1 and layers[name] in normalising:
            norms.append((name, output.shape[1]))

    layers = {name: layer for name, layer in model.named_modules() if name}
    normalising = {layer for layer in layers.values() if isinstance(layer, nn.LayerNorm)}
    objects: set[str] = set()
    with watched(model, list(layers), note, objects=objects):
        call(model, images[:1])
    if norms and any(map(is_patch_embedding, layers.values())):
        return _token_layer(model, norms, images)
    if not grids:
        raise InputError("No layer of the model has an output with places; name one with `layer`.")
    # The tensors of a mapping are often not the ones that the model continues with.
    return next((name for name, in_object in reversed(grids) if not in_object), grids[-1][0])


def _token_layer(model: nn.Module, norms: list[tuple[str, int]], images: Tensor) -> str:
    """Choose a normalisation layer: the last if all tokens are patches, else that of a block.

    Args:
        model: a transformer.
        norms: names in the order in which they run, and the number of tokens of each output.
        images: (B, 3, H, W).
    """
    last, tokens = norms[-1]
    if not hasattr(model, "patch_size"):
        rows, columns = patch_grid(model, images, tokens)
        if rows * columns == tokens:
            return last
    deepest = max(name.count(".") for name, _ in norms)
    block = [name for name, _ in norms if name.count(".") == deepest][-1].rpartition(".")[0]
    return next(name for name, _ in norms if name.rpartition(".")[0] == block)
