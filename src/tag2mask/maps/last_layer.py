"""The default layer for maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.maps.layers import call, watched
from tag2mask.maps.layouts import is_spatial
from tag2mask.maps.tokens import halved, is_patch_embedding, patch_grid


@torch.no_grad()
def last_spatial_layer(model: nn.Module, images: Tensor) -> str:
    """Find the last layer with a spatial output: (B, C, h, w) with more than one cell.

    In a transformer it is the first normalisation of the last block, the last point from which
    the class token still attends to the patches. Behind a stem of convolutions, as in LeViT, it is
    the last layer whose tokens are the cells of the stem, or of these halved.

    Args:
        model: the model; without an attribute `map_layer`, it is run on the first image.
        images: (B, 3, H, W).

    Raises:
        InputError: no layer has a spatial output.
    """
    declared = getattr(model, "map_layer", None)
    if isinstance(declared, str):
        return declared
    found = _Outputs(images)
    layers = {name: layer for name, layer in model.named_modules() if name}
    normalising = {name for name, layer in layers.items() if isinstance(layer, nn.LayerNorm)}
    with watched(model, list(layers), lambda name, output: found.note(name, output, normalising),
                 objects=found.objects):
        call(model, images[:1])
    # A class token beside the cells, as in CvT, or patches.
    beside = found.norms and found.norms[-1][1] - 1 in found.stages[:1]
    if found.norms and (beside or any(map(is_patch_embedding, layers.values()))):
        return _token_layer(model, found.norms, images)
    if found.cells:
        return found.cells[-1]
    if not found.grids:
        raise InputError("No layer of the model has an output with places; name one with `layer`.")
    # The tensors of a mapping are often not the ones that the model continues with.
    own = (name for name in reversed(found.grids) if name not in found.objects)
    return next(own, found.grids[-1])


class _Outputs:
    """The outputs of a model's layers on one image, as far as a map can be read from them."""

    def __init__(self, images: Tensor) -> None:
        self.images = images
        self.objects: set[str] = set()
        """Names of layers that return mappings."""
        self.grids: list[str] = []
        """Names of layers with places, in the order in which they run."""
        self.norms: list[tuple[str, int]] = []
        """Names of normalisation layers of tokens, and their numbers of tokens."""
        self.stages: list[int] = []
        """Numbers of tokens that the last grid leads to: its cells, and those of later stages."""
        self.cells: list[str] = []
        """Names of later layers with one of these numbers of tokens."""

    def note(self, name: str, output: Tensor, normalising: set[str]) -> None:
        """Classify an output."""
        if output.dim() == 4 and output.shape[0] == 1 and is_spatial(output, self.images):
            if _is_attention(output):
                return
            self.grids.append(name)
            if name not in self.objects:
                self.stages = _numbers_of_tokens(output)
                self.cells.clear()
        elif output.dim() == 3 and output.shape[0] == 1 and output.shape[1] > 1:
            if name in normalising:
                self.norms.append((name, output.shape[1]))
            if output.shape[1] in self.stages and name not in self.objects:
                self.cells.append(name)


def _is_attention(output: Tensor) -> bool:
    """Return whether (1, heads, T, T') holds weights of attention."""
    if not output.is_floating_point() or float(output.min()) < 0:
        return False
    return bool(((output.sum(3) - 1).abs() < 1e-3).all())


def _numbers_of_tokens(output: Tensor) -> list[int]:
    """Return the numbers of tokens that (1, C, h, w), flattened, leads to; its cells first."""
    grid = (output.shape[2], output.shape[3])
    return [rows * columns for rows, columns in (grid, *halved(grid)) if rows * columns > 1]


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
    norms = [one for one in norms if one[1] == tokens]  # those of the last stage
    deepest = max(name.count(".") for name, _ in norms)
    block = [name for name, _ in norms if name.count(".") == deepest][-1].rpartition(".")[0]
    return next(name for name, _ in norms if name.rpartition(".")[0] == block)
