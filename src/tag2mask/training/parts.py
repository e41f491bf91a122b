"""What changes if a batch is computed in parts: layers and losses that depend on all of it."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from tag2mask.core.processes import count
from tag2mask.core.processes.batch_share import largest_share
from tag2mask.core.wording import listing


def part_sentence(
    model: nn.Module, at_once: int, *, batch_size: int, overlaps: bool = False
) -> str:
    """Describe how a training in parts differs from one on whole batches; "" if it does not.

    Args:
        model: the network, frozen as in its training; it is set to training mode.
        at_once: crops that a process computes at once; 0 for all of its share of a batch.
        batch_size: crops per step, of all processes.
        overlaps: whether the loss takes the overlap of a class over all crops.
    """
    if not 0 < at_once < largest_share(batch_size):
        return ""
    layers = list(model.train().modules())
    normalised = any(isinstance(layer, _BatchNorm) and layer.training for layer in layers)
    dropped = any(isinstance(layer, _DropoutNd) and layer.p > 0 for layer in layers)
    kinds = (["the overlap of classes"] * overlaps + ["batch normalisation"] * normalised
             + ["dropout"] * dropped)
    if not kinds:
        return ""
    verb = "see" if len(kinds) > 1 else "sees"
    return (f"with at_once, {listing(kinds)} {verb} about {at_once * count()} crops at a time "
            f"instead of a batch of {batch_size}, so the network is not exactly that of whole "
            "batches.")
