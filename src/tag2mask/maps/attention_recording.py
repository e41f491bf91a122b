"""Recording of the attention weights of any transformer during its forward pass.

Modern transformers call torch's fused attention, which does not return its weights, and hooks
cannot intercept functions. A torch function mode can: within the current thread and while active,
it computes the weights itself, or keeps the result of the softmax if the model computes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge
from torch.nn import functional as F  # noqa: N812  (the field's name for it)
from torch.overrides import TorchFunctionMode

_SOFTMAX = (F.softmax, torch.softmax, Tensor.softmax)


@dataclass(frozen=True)
class Attention:
    """One self-attention layer's weights.

    Attributes:
        weights: (B, heads, T, T), each row sums to 1.
        edge: graph edge for gradients of the weights, if there is a graph.
    """

    weights: Tensor
    edge: GradientEdge | None


class AttentionRecorder(TorchFunctionMode):
    """Records the self-attention weights of all layers that run in its context, in order."""

    def __init__(self) -> None:
        """Initialise without recorded weights."""
        super().__init__()
        self.layers: list[Attention] = []

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None  # noqa: ANN401 - torch's protocol
    ) -> Any:  # noqa: ANN401
        """Run `func`, recording the weights if it computes attention."""
        kwargs = kwargs or {}
        if func is F.scaled_dot_product_attention:
            return self._attend(*args, **kwargs)
        if func is F.multi_head_attention_forward:
            return self._attend_module(*args, **kwargs)
        result = func(*args, **kwargs)
        if func in _SOFTMAX:
            self._keep(result, _edge(result))
        return result

    def _keep(self, weights: Tensor, edge: GradientEdge | None) -> None:
        """Store attention weights if queries and keys are the same tokens."""
        if weights.dim() == 4 and weights.shape[-1] == weights.shape[-2]:
            self.layers.append(Attention(weights, edge))

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None,
        dropout_p: float = 0.0, is_causal: bool = False, *, scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        """Compute `scaled_dot_product_attention` and keep the weights."""
        if enable_gqa:
            repeats = query.shape[-3] // key.shape[-3]
            key, value = (t.repeat_interleave(repeats, -3) for t in (key, value))
        logits = query @ key.mT * (query.shape[-1] ** -0.5 if scale is None else scale)
        if is_causal:
            attn_mask = torch.ones(logits.shape[-2:], dtype=torch.bool, device=key.device).tril()
        if attn_mask is not None:
            logits = logits.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype == torch.bool \
                else logits + attn_mask
        weights = logits.softmax(-1)
        self._keep(weights, _edge(weights))
        return F.dropout(weights, dropout_p) @ value

    def _attend_module(self, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor | None]:  # noqa: ANN401
        """Run the function of `nn.MultiheadAttention` so that it returns weights per head."""
        asked = {**kwargs, "need_weights": True, "average_attn_weights": False}
        output, weights = F.multi_head_attention_forward(*args, **asked)
        if weights is not None:
            # The returned weights are a view that is not part of the graph; their base is.
            node, number = weights.grad_fn.next_functions[0] if weights.grad_fn else (None, 0)
            self._keep(weights, GradientEdge(node, number) if node else None)
        return output, weights if kwargs.get("need_weights", True) else None


def _edge(tensor: Tensor) -> GradientEdge | None:
    return get_gradient_edge(tensor) if tensor.requires_grad else None
