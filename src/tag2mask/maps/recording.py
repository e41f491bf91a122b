"""Recording of layer outputs in one forward pass, converted to (B, C, h, w)."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.maps.layers import call, watched
from tag2mask.maps.layouts import Layout, layout_of
from tag2mask.maps.request import Request


@dataclass
class Kept:
    """Outputs of layers in one forward pass; the last one for layers called several times.

    Attributes:
        outputs: outputs by layer name.
        calls: number of calls of each layer.
    """

    outputs: dict[str, Tensor] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def note(self, name: str, output: Tensor) -> None:
        """Store an output."""
        self.outputs[name] = output
        self.calls[name] += 1

    def of(self, request: Request, name: str) -> Tensor:
        """Return the output of a layer; warn if the caller named it and it ran several times.

        Raises:
            InputError: the layer was not run.
        """
        if name not in self.outputs:
            raise InputError(f"The model does not run layer {name}, or not as it is; name another.")
        if request.named and self.calls[name] > 1:
            warnings.warn(f"The model calls layer {name} {self.calls[name]} times; the map is read "
                          "from its last call.", stacklevel=2)
        return self.outputs[name]


@dataclass(frozen=True)
class LayerGrid:
    """The output of a layer, converted to (B, C, h, w).

    Attributes:
        grid: (B, C, h, w).
        channel_axis: channel axis of the layer's own output.
        calls: number of times the model called the layer.
        final: the grid after the forward pass, since later layers may modify it in place.
    """

    grid: Tensor
    channel_axis: int
    calls: int
    final: Tensor


def run_keeping(request: Request, images: Tensor) -> tuple[Any, list[LayerGrid]]:
    """Run the model once and keep the outputs of the requested layers.

    Returns:
        the output of the model, and that of each layer.

    Raises:
        InputError: a layer is not run, or is not spatial.
    """
    kept, left = Kept(), dict[str, Tensor]()

    def keep(name: str, output: Tensor) -> None:
        left[name] = output
        kept.note(name, output if output.is_quantized else output.clone())

    with watched(request.model, request.layers, keep):
        output = call(request.model, images)
    grids = []
    for name in request.layers:
        layer = kept.of(request, name)
        layout = find_layout(request, name, layer, images)
        axis = layout.channels if layout else _reshaped_axis(request, layer)
        grids.append(LayerGrid(as_grid(request, layer, layout), axis, kept.calls[name],
                               as_grid(request, left[name], layout)))
    return output, grids


def find_layout(request: Request, name: str, output: Tensor, images: Tensor) -> Layout | None:
    """Recognise the layout of a layer's output; None if a `reshape_transform` is used.

    Raises:
        InputError: see `layout_of`.
    """
    if request.reshape_transform is not None:
        return None
    return layout_of(request.model, name, output, images)


def as_grid(request: Request, output: Tensor, layout: Layout | None) -> Tensor:
    """Convert a layer's output, or its gradient, to (B, C, h, w).

    Args:
        request: request whose `reshape_transform` is used if there is no layout.
        output: output of a layer.
        layout: layout of the output.

    Raises:
        InputError: the `reshape_transform` returns another shape or non-real values.
    """
    if output.is_quantized:
        output = output.dequantize()
    if layout is not None:
        output = layout.to_grid(output)
    elif request.reshape_transform is not None:
        output = request.reshape_transform(output)
        if not isinstance(output, Tensor) or output.dim() != 4:
            given = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise InputError(f"reshape_transform gives {given}; it must return (B, C, h, w).")
    if not output.is_floating_point():
        raise InputError(f"A layer gives {output.dtype}, which no map can be read from.")
    return output


def _reshaped_axis(request: Request, output: Tensor) -> int:
    """Find the axis of an output that a `reshape_transform` maps to the channels."""
    assert request.reshape_transform is not None
    for axis in range(1, output.dim()):
        shape = [1] * output.dim()
        shape[axis] = -1
        count = torch.arange(output.shape[axis], dtype=torch.float32).reshape(shape)
        numbers = request.reshape_transform(count.expand(output.shape).to(output.device))
        if bool((numbers == numbers[:1, :, :1, :1]).all()) and numbers.shape[1] > 1:
            return axis
    return output.dim() - 1
