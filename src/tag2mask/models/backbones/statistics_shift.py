"""How far the statistics of photos are from those that a backbone's normalisation layers store.

Batch normalisation keeps the mean and the variance that each channel had in pretraining. Photos of
another kind (grey, from a microscope, drawn) reach the deeper layers shifted and stretched. The
difference is known before any training: one forward pass over some photos.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack

import torch
from torch import Tensor, nn

from tag2mask.models.backbones.module import BackboneModule

ADAPTING_MOMENTUM = 0.1
"""Momentum of statistics that adapt: a short training has a few hundred steps, and with the slow
momentum of the pretraining (0.01) the stored statistics would stay behind the layer's own."""


class _Sums:
    """Sum and sum of squares of every channel of one layer's input."""

    def __init__(self, layer: nn.BatchNorm2d) -> None:
        self.layer = layer
        self.sums = torch.zeros(2, layer.num_features, dtype=torch.float64)
        self.count = 0

    def __call__(self, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        values = inputs[0].detach().double()
        self.sums += torch.stack([values.sum((0, 2, 3)), (values**2).sum((0, 2, 3))]).cpu()
        self.count += values.numel() // values.shape[1]

    def divergence(self) -> float:
        """Return the mean over the channels of the divergence of two normal distributions."""
        mean, square = self.sums / max(self.count, 1)
        stored, spread = (self.layer.get_buffer(f"running_{name}").double().cpu()
                          for name in ("mean", "var"))
        spread = spread + self.layer.eps
        ratio = ((square - mean**2).clamp_min(0) + self.layer.eps) / spread
        return float(0.5 * ((mean - stored) ** 2 / spread + ratio - 1 - ratio.log()).mean())


@torch.inference_mode()
def statistics_shift(backbone: BackboneModule, batches: Iterable[Tensor]) -> float:
    """Measure how far photos are from the statistics of the trained layers of a backbone.

    Args:
        backbone: in any mode, frozen as in its training; its frozen layers do not count.
        batches: (B, 3, H, W) normalised photos, on its device.

    Returns:
        The divergence (Kullback-Leibler, in nats) of a channel's values from the stored normal
        distribution, its mean over channels, then over layers. 0 without a layer that is trained.
    """
    mode = backbone.training
    layers = [module for module in backbone.modules()
              if isinstance(module, nn.BatchNorm2d) and module.weight.requires_grad]
    sums = [_Sums(layer) for layer in layers]
    with ExitStack() as stack:
        for each in sums:
            stack.callback(each.layer.register_forward_pre_hook(each).remove)
        stack.callback(backbone.train, mode)
        backbone.eval()
        for images in batches if layers else ():
            backbone(images)
    found = [each.divergence() for each in sums if each.count]
    return sum(found) / len(found) if found else 0.0


def adapt_statistics(backbone: BackboneModule) -> None:
    """Let the statistics of all layers that are trained follow the photos."""
    backbone.fixed_statistics = False
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm2d) and module.weight.requires_grad:
            module.momentum = max(module.momentum or 0.0, ADAPTING_MOMENTUM)
