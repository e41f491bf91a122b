"""The input of every method: the model, the layers, and the target to explain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.maps.targets import Target, score


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request for maps of a model, which a method computes for a batch of images."""

    model: nn.Module
    layers: tuple[str, ...] = ()
    """Names of the layers to read; the last spatial layer if empty."""
    named: bool = False
    """Whether the caller specified the layers."""
    classes: Tensor | None = None
    """(k,) or (B, k); all by default."""
    target: Target | None = None
    """Function of the output to explain instead of the logits of `classes`."""
    reshape_transform: Callable[[Tensor], Tensor] | None = None
    """Converts a foreign transformer's tokens to (B, C, h, w)."""
    differentiable: bool = False
    """Whether to keep the graph from the maps to the weights."""
    batch_size: int = 32
    """Number of changed images per forward pass, for perturbation methods."""

    def score(self, output: Any) -> Tensor:  # noqa: ANN401 - whatever a foreign model gives
        """Compute the values to explain, (B, k), from the model's output."""
        return score(output, self.classes, self.target)


def refuse_layers(request: Request, method: str, read: str) -> None:
    """Raise an error if the caller specified layers, for a method that does not read them.

    Args:
        request: the request.
        method: name of the method.
        read: what the method reads of this model instead.

    Raises:
        InputError: the request names layers.
    """
    if request.named:
        raise InputError(f"{method} reads {read} of this model, so the layer "
                         f"{', '.join(request.layers)} would be ignored; name none, or take "
                         "another method, such as layer_cam.")


Method = Callable[[Request, Tensor], list[Tensor]]
"""Returns one (B, k, h, w) per layer, signed, not normalised."""
