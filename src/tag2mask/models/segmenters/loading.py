"""Weights of another training for a network, also of one with other labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.checkpoints import fitted
from tag2mask.models.backbones.weights import load_strictly, read_given


def load_network(
    network: nn.Module, twin: nn.Module, weights: str | Path | Mapping[str, Tensor], *,
    drop_head: bool,
) -> None:
    """Fill a network from a file or a state dict, strictly.

    Args:
        network: to be filled.
        twin: the same for another number of labels, on any device: what differs in shape between
            the two is the head.
        weights: a safetensors file, a `.pth` read with `weights_only=True`, or a state dict.
        drop_head: keep the network's own head, as it was drawn.

    Raises:
        InputError: the weights are another network's, or another number of labels' and the head
            was not to be dropped.
    """
    state, source = read_given(weights)
    own, other = network.state_dict(), twin.state_dict()
    found = fitted(state, own, source)
    given: Mapping[str, Tensor] = found.tensors
    head = {key for key, value in own.items() if value.shape != other[key].shape}
    if drop_head:
        given = {**given, **{key: own[key] for key in head}}
    elif any(key in given and given[key].shape != own[key].shape for key in head):
        raise InputError(
            f"{source} was trained for another number of labels; "
            "say drop_head=True to start with a new head."
        )
    load_strictly(network, given, source)
    found.report(source)
