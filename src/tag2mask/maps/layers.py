"""Layers by name: finding them, and seeing what they give without editing the model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError, nearest
from tag2mask.maps.request import Request

OnOutput = Callable[[str, Tensor], Tensor | None]
"""Is given a layer's name and output; what it returns, if anything, takes the output's place."""


def plain(model: nn.Module) -> nn.Module:
    """Return the eager module inside what `torch.compile` or a data-parallel wrapper made of it.

    Hooks and gradients pass through neither; the weights are the same ones.
    """
    wrapped = isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel)
    inner: object = getattr(model, "module" if wrapped else "_orig_mod", None)
    return plain(inner) if isinstance(inner, nn.Module) else model


def find_layers(model: nn.Module, names: Sequence[str]) -> list[nn.Module]:
    """Look layers up by their names in `model.named_modules()`.

    Raises:
        InputError: no layer has one of the names; the nearest names are told.
    """
    layers = {name: layer for name, layer in model.named_modules() if name}
    for name in names:
        if name not in layers:
            near = nearest(name, layers)
            top = ", ".join(known for known in layers if "." not in known)
            hint = f"did you mean {near}?" if near in layers else f"at the top there are {top}."
            raise InputError(f"The model has no layer {name!r}; {hint}")
    return [layers[name] for name in names]


@contextmanager
def watched(model: nn.Module, names: Sequence[str], on_output: OnOutput) -> Iterator[None]:
    """Tell `on_output` what the layers give while the block runs, in this thread alone.

    The hooks are off again on every way out. Of an output that is a tuple the first tensor counts.
    """
    owner = threading.get_ident()

    def hook_for(name: str) -> Callable[[nn.Module, Any, Any], Any]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> Any:  # noqa: ANN401 - any model's
            if threading.get_ident() != owner:
                return None
            whole = isinstance(output, Tensor)
            tensor = output if whole else _first_tensor(output)
            changed = None if tensor is None else on_output(name, tensor)
            if changed is None or whole:
                return changed
            return _with_first(output, changed)

        return hook

    with ExitStack() as stack:
        for name, layer in zip(names, find_layers(model, names), strict=True):
            stack.callback(layer.register_forward_hook(hook_for(name)).remove)
        yield


def call(model: nn.Module, images: Tensor) -> Any:  # noqa: ANN401 - whatever a foreign model gives
    """Run a model as it is written, even where `model.compile()` put something in its place."""
    return model._call_impl(images)  # type: ignore[no-untyped-call]


def run_keeping(request: Request, images: Tensor) -> tuple[Any, list[Tensor]]:
    """Run the model once and keep what the layers of a request give.

    Returns:
        the output, and one (B, C, h, w) per layer.

    Raises:
        InputError: a layer is not run, or has no places.
    """
    kept: dict[str, Tensor] = {}
    with watched(request.model, request.layers, lambda name, output: kept.update({name: output})):
        output = call(request.model, images)
    return output, [as_grid(request, name, found(kept, name), images) for name in request.layers]


def found(kept: dict[str, Tensor], name: str) -> Tensor:
    """Look up what a layer gave.

    Raises:
        InputError: it was not run.
    """
    if name not in kept:
        raise InputError(f"The model does not run layer {name}, or not as it is; name another.")
    return kept[name]


@torch.no_grad()
def last_spatial_layer(model: nn.Module, images: Tensor) -> str:
    """Find the last layer whose output still has places: (B, C, h, w) with more than one cell.

    Where there is none, as in a transformer, it is the last block's first normalisation, before
    which a class token can still look at the patches.

    Args:
        model: told by `map_layer` where it wants to be read; otherwise run on the first image.
        images: (B, 3, H, W).

    Raises:
        InputError: no layer's output has places.
    """
    declared = getattr(model, "map_layer", None)
    if isinstance(declared, str):
        return declared
    grids: list[str] = []
    norms: list[str] = []

    def note(name: str, output: Tensor) -> None:
        if output.dim() == 4 and output.shape[0] == 1 and output.shape[2:].numel() > 1:
            grids.append(name)
        elif output.dim() == 3 and output.shape[0] == 1 and layers[name] in normalising:
            norms.append(name)

    layers = {name: layer for name, layer in model.named_modules() if name}
    normalising = {layer for layer in layers.values() if isinstance(layer, nn.LayerNorm)}
    with watched(model, list(layers), note):
        call(model, images[:1])
    if norms and any(map(_is_patch_embedding, layers.values())):
        deepest = max(name.count(".") for name in norms)
        block = [name for name in norms if name.count(".") == deepest][-1].rpartition(".")[0]
        return next(name for name in norms if name.rpartition(".")[0] == block)
    if not grids:
        raise InputError("No layer of the model has an output with places; name one with `layer`.")
    return grids[-1]


def as_grid(request: Request, name: str, output: Tensor, images: Tensor) -> Tensor:
    """Bring a layer's output, or its gradient, to (B, C, h, w).

    Args:
        request: its model's patch embedding tells how many patches stand in a row, unless it has a
            `reshape_transform`.
        name: of the layer, for the message.
        output: (B, C, h, w), or a transformer's tokens (B, T, C), the patches last.
        images: (B, 3, H, W), what the model was given.

    Raises:
        InputError: the output has no places, or is not of real numbers.
    """
    if output.is_quantized:
        output = output.dequantize()
    if request.reshape_transform is not None:
        output = request.reshape_transform(output)
    elif output.dim() == 3:
        height, width = patch_grid(request.model, images, output.shape[1])
        patches = output[:, output.shape[1] - height * width :]
        output = patches.transpose(1, 2).reshape(len(output), -1, height, width)
    if output.dim() != 4:
        raise InputError(
            f"Layer {name} gives {tuple(output.shape)}, no map of places; name an earlier layer."
        )
    if not output.is_floating_point():
        raise InputError(f"Layer {name} gives {output.dtype}, which no map can be read from.")
    return output


def patch_grid(model: nn.Module, images: Tensor, tokens: int) -> tuple[int, int]:
    """Say how many patches a transformer cuts an image into: rows and columns.

    Args:
        model: with a `patch_size`, or a patch embedding, a convolution that strides by its
            kernel's side.
        images: (B, 3, H, W), what the model was given.
        tokens: T, patches and whatever stands before them.

    Raises:
        InputError: no such layer, or more patches than tokens.
    """
    told = getattr(model, "patch_size", None)
    strides = [(told, told)] if isinstance(told, int) else []
    strides += [(layer.stride[0], layer.stride[1]) for layer in model.modules()
                if _is_patch_embedding(layer)]
    for down, right in strides:
        height, width = images.shape[2] // down, images.shape[3] // right
        if height * width <= tokens:
            return height, width
    raise InputError(
        f"How {tokens} tokens are places cannot be told; give a reshape_transform that turns "
        "(B, T, C) into (B, C, h, w)."
    )


def _is_patch_embedding(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    return isinstance(layer, nn.Conv2d) and layer.kernel_size == layer.stride \
        and layer.kernel_size[0] >= 4 and layer.in_channels == 3


def _with_first(output: Any, changed: Tensor) -> Any:  # noqa: ANN401 - whatever a layer gives
    """Put a tensor in the place of the first one of an output."""
    if isinstance(output, dict):
        key = next(key for key, part in output.items() if isinstance(part, Tensor))
        return type(output)({**output, key: changed})
    place = next(index for index, part in enumerate(output) if isinstance(part, Tensor))
    return type(output)([*output[:place], changed, *output[place + 1 :]])


def _first_tensor(output: Any) -> Tensor | None:  # noqa: ANN401 - whatever a foreign layer gives
    if not isinstance(output, dict | list | tuple):
        return None
    parts = output.values() if isinstance(output, dict) else output
    return next((part for part in parts if isinstance(part, Tensor)), None)
