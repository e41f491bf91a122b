"""Loading of a network's weights from another training, possibly with other labels."""

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
    """Load a network from a file or a state dict, strictly.

    Args:
        network: network to load.
        twin: the same network for another number of labels, on any device; tensors whose shapes
            differ between the two are the head.
        weights: a safetensors file, a `.pth` read with `weights_only=True`, or a state dict.
        drop_head: keep the network's own, randomly initialised head.

    Raises:
        InputError: the weights belong to another network, or have another number of labels without
            `drop_head`.
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
