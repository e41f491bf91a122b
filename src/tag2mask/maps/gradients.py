"""Gradients of many targets with respect to inner layers, from one forward pass.

Three measures reduce the cost. The graph starts at the lowest requested layer, so nothing below it
is stored or traversed. One backward pass serves one class of every image of the batch. If a layer
is directly averaged over its cells, as before most class layers, its gradient is equal in all
cells: then only the gradient of the mean is computed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge, saved_tensors_hooks

from tag2mask.core.contracts import InputError
from tag2mask.maps.layers import call, watched
from tag2mask.maps.layouts import Layout
from tag2mask.maps.recording import Kept, as_grid, find_layout
from tag2mask.maps.request import Request

_Uses = defaultdict[Any, list[Any]]
"""Maps every node of autograd's graph to the nodes that use its output."""


@dataclass(frozen=True)
class LayerView:
    """The activations of a layer in one forward pass.

    Attributes:
        name: name of the layer.
        activations: (B, C, h, w).
        source: tensor to differentiate by: the layer's own output, or its mean over the cells.
        cells: h * w if `source` is the mean, else 0.
        layout: layout of the layer's output; None if a `reshape_transform` is used.
    """

    name: str
    activations: Tensor
    source: Tensor | GradientEdge
    cells: int
    layout: Layout | None


@dataclass(frozen=True)
class Reading:
    """One forward pass, ready for gradients.

    Attributes:
        layers: the requested layers, in order.
        scores: (B, k), the targets.
    """

    request: Request
    layers: list[LayerView]
    scores: Tensor

    def gradients(self) -> Iterator[list[Tensor]]:
        """Yield the gradients of all layers for each target.

        Yields:
            one per layer: (B, C, h, w), or (B, C, 1, 1) if it is the same in all cells.
        """
        sources = cast(Sequence[Tensor], [layer.source for layer in self.layers])
        last, keep = self.scores.shape[1] - 1, self.request.differentiable
        for index in range(last + 1):
            found = torch.autograd.grad(
                self.scores[:, index].sum(), sources,
                retain_graph=keep or index < last, create_graph=keep, allow_unused=True,
            )
            pairs = zip(self.layers, found, strict=True)
            yield [self._placed(layer, gradient) for layer, gradient in pairs]

    def _placed(self, layer: LayerView, gradient: Tensor | None) -> Tensor:
        if gradient is None:
            raise InputError(
                f"No gradient leads from what is explained to layer {layer.name}; name another "
                "layer, or take a method without gradients."
            )
        if layer.cells:
            return gradient.reshape(*layer.activations.shape[:2], 1, 1) / layer.cells
        return as_grid(self.request, gradient, layer.layout)


def read(request: Request, images: Tensor) -> Reading:
    """Run the model once and keep the outputs of the requested layers.

    Raises:
        InputError: a layer was not run, is not spatial, or the target has no gradient there.
    """
    kept = Kept()

    def keep(name: str, output: Tensor) -> Tensor:
        if not (output.is_floating_point() or output.is_complex()) or output.is_quantized:
            raise InputError(
                f"Layer {name} gives {output.dtype}, which has no gradient; take a method without "
                "gradients, such as eigen_cam or score_cam."
            )
        if not (request.differentiable or (kept.outputs and output.requires_grad)):
            output = (output.clone() if output.is_inference() else output).detach()
        kept.note(name, output if output.requires_grad else output.requires_grad_())
        return output.clone()  # later layers may modify it in place

    forgetting = nullcontext() if request.differentiable else _forgetting_until(kept)
    with forgetting, watched(request.model, request.layers, keep):
        scores = request.score(call(request.model, images))
    outputs = [kept.of(request, name) for name in request.layers]
    if not scores.requires_grad:
        raise InputError(
            f"No gradient leads from the output back to {', '.join(request.layers)}: the model "
            "cuts it off (no_grad, detach or quantised layers); take a method without gradients."
        )
    uses = _uses(scores.grad_fn)
    views = [_view(request, name, output, uses, images)
             for name, output in zip(request.layers, outputs, strict=True)]
    return Reading(request, views, scores)


def _view(request: Request, name: str, output: Tensor, uses: _Uses, images: Tensor) -> LayerView:
    layout = find_layout(request, name, output, images)
    grid = as_grid(request, output, layout)
    edge = None
    if layout is not None and layout.grid is None:
        edge = _mean_over_places(uses, output, layout.places)
    activations = grid if request.differentiable else grid.detach()
    if edge is None:
        return LayerView(name, activations, output, 0, layout)
    return LayerView(name, activations, edge, grid.shape[2] * grid.shape[3], layout)


@contextmanager
def _forgetting_until(kept: Kept) -> Iterator[None]:
    """Prevent autograd from storing tensors until the first layer has been kept.

    Disabling gradients until then is not sufficient, since models may restore the mode that they
    started in.
    """
    keep = saved_tensors_hooks(lambda tensor: tensor if kept.outputs else None,
                               lambda tensor: tensor)
    with keep:
        yield


def _mean_over_places(
    uses: _Uses, output: Tensor, places: set[int]
) -> GradientEdge | None:
    """Find the mean over h and w if it is the targets' only use of a layer; None otherwise.

    Args:
        uses: users of every node of the targets' graph, from `_uses`.
        output: (B, C, h, w) or (B, h, w, C), part of that graph.
        places: its axes of h and w.
    """
    node: Any = get_gradient_edge(output).node
    while len(uses[node]) == 1:
        node = uses[node][0]
        if node.name() == "MeanBackward1":
            # torch writes negative dimensions as unsigned 64-bit numbers, hence "% 4"
            over = {int(axis) % 4 for axis in node._saved_dim}
            return GradientEdge(node, 0) if over == places else None
        if node.name() != "CloneBackward0":
            return None
    return None


def _uses(root: Any) -> _Uses:  # noqa: ANN401 - a node of autograd
    """Map every node of a graph to the nodes that use its output."""
    uses: _Uses = defaultdict(list)
    seen, todo = {root}, [root]
    while todo:
        node = todo.pop()
        for below, _ in node.next_functions:
            if below is None:
                continue
            uses[below].append(node)
            if below not in seen:
                seen.add(below)
                todo.append(below)
    return uses
