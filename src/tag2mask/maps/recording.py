"""What layers give in one forward pass, brought to (B, C, h, w)."""

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
    """What layers gave in one forward pass; of a layer that is called several times, the last.

    Attributes:
        outputs: by name.
        calls: how often each was called.
    """

    outputs: dict[str, Tensor] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def note(self, name: str, output: Tensor) -> None:
        """Keep an output."""
        self.outputs[name] = output
        self.calls[name] += 1

    def of(self, request: Request, name: str) -> Tensor:
        """Look up what a layer gave; warn where a layer that was named is called several times.

        Raises:
            InputError: it was not run.
        """
        if name not in self.outputs:
            raise InputError(f"The model does not run layer {name}, or not as it is; name another.")
        if request.named and self.calls[name] > 1:
            warnings.warn(f"The model calls layer {name} {self.calls[name]} times; the map is read "
                          "from its last call.", stacklevel=2)
        return self.outputs[name]


@dataclass(frozen=True)
class LayerGrid:
    """What a layer gave, brought to (B, C, h, w).

    Attributes:
        grid: (B, C, h, w).
        channel_axis: of the layer's own output.
        calls: how often the model called the layer.
        final: the grid as the rest of the model left it, which may write into it.
    """

    grid: Tensor
    channel_axis: int
    calls: int
    final: Tensor


def run_keeping(request: Request, images: Tensor) -> tuple[Any, list[LayerGrid]]:
    """Run the model once and keep what the layers of a request give.

    Returns:
        the output, and what each layer gave.

    Raises:
        InputError: a layer is not run, or has no places.
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
    """Recognise the layout of a layer's output; None where a `reshape_transform` knows it.

    Raises:
        InputError: see `layout_of`.
    """
    if request.reshape_transform is not None:
        return None
    return layout_of(request.model, name, output, images)


def as_grid(request: Request, output: Tensor, layout: Layout | None) -> Tensor:
    """Bring a layer's output, or its gradient, to (B, C, h, w).

    Args:
        request: its `reshape_transform` is used where there is no layout.
        output: of a layer.
        layout: of the layer.

    Raises:
        InputError: the `reshape_transform` gives something else, or numbers that are not real.
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
    """Find the axis of an output that a `reshape_transform` makes the channels."""
    assert request.reshape_transform is not None
    for axis in range(1, output.dim()):
        shape = [1] * output.dim()
        shape[axis] = -1
        count = torch.arange(output.shape[axis], dtype=torch.float32).reshape(shape)
        numbers = request.reshape_transform(count.expand(output.shape).to(output.device))
        if bool((numbers == numbers[:1, :, :1, :1]).all()) and numbers.shape[1] > 1:
            return axis
    return output.dim() - 1
