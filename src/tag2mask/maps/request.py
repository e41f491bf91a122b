"""What every method is given: the model, where to look, and what to explain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from tag2mask.maps.targets import Target, score


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question to a model; a method answers it for a batch of images."""

    model: nn.Module
    layers: tuple[str, ...] = ()
    """Names of the layers to read; the last that has places where none is given."""
    named: bool = False
    """Whether the caller named them."""
    classes: Tensor | None = None
    """(k,) or (B, k); all when left out."""
    target: Target | None = None
    """Another reading of the output than the logits of `classes`."""
    reshape_transform: Callable[[Tensor], Tensor] | None = None
    """Turns a foreign transformer's tokens into (B, C, h, w)."""
    differentiable: bool = False
    """Keep the graph, from the maps down to the weights."""
    batch_size: int = 32
    """Changed images per forward pass, for the methods that change images."""

    def score(self, output: Any) -> Tensor:  # noqa: ANN401 - whatever a foreign model gives
        """Read (B, k), the numbers to explain, off the model's output."""
        return score(output, self.classes, self.target)


Method = Callable[[Request, Tensor], list[Tensor]]
"""Gives one (B, k, h, w) per layer, signed, not normalised."""
