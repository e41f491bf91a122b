"""Convolution and batch normalisation as one unit, and as one convolution where that is equal."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.activations import relu6
from tag2mask.models.backbones.batch_norm import SteadyBatchNorm2d
from tag2mask.models.backbones.depthwise import depthwise_conv2d

EARLY, LATE = "early", "late"
"""Cell of every two that a strided convolution keeps: leading padding of k // 2 or k // 2 - 1."""

_ONEDNN = 2
"""Dilation of kernels with a single tap, which changes nothing but who computes them on a CPU.

On one thread, torch computes undilated ones of fewer than 16 photos in float32 by a matrix product
for each photo. oneDNN, which computes all others, takes half as long where it has AVX-512.
"""

_ACTIVATIONS = {"relu": F.relu, "relu6": relu6}


class ConvNorm(nn.Module):
    """Convolution, batch normalisation, and an optional activation.

    Normalisation by running statistics is an affine map of each channel, so its factors are merged
    into the weights of the convolution, and its own passes over the images are left out. Gradients
    reach all parameters through the merged weights.

    Inputs of a strided layer have even sides (the backbone pads), so that every output cell covers
    `stride` input cells per side and none is cut off.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        kernel: int = 1,
        stride: int = 1,
        dilation: int = 1,
        depthwise: bool = False,
        phase: str = LATE,
        activation: str | None = "relu6",
        eps: float = 1e-3,
        momentum: float = 0.01,
    ) -> None:
        """Initialise the weights.

        Args:
            channels_in: number of input channels.
            channels_out: number of output channels.
            kernel: side of the kernel, odd.
            stride: 1 or 2.
            dilation: distance between the kernel's taps.
            depthwise: use one kernel per channel.
            phase: cells that a strided layer keeps, `EARLY` or `LATE`.
            activation: "relu", "relu6" or None.
            eps: epsilon of the normalisation.
            momentum: momentum of the normalisation's statistics.
        """
        super().__init__()
        groups = channels_in if depthwise else 1
        self.convolution = nn.Conv2d(
            channels_in, channels_out, kernel, stride, dilation=dilation, groups=groups, bias=False
        )
        self.norm = SteadyBatchNorm2d(channels_out, eps=eps, momentum=momentum)
        self.activate = _ACTIVATIONS[activation] if activation else None
        self.inplace = True
        half = dilation * (kernel // 2)
        before, after = half, half
        if stride > 1:
            # Early would need one cell less after, which even sides never reach.
            before, after = (half, half) if phase == EARLY else (half - 1, half)
        self.padding = (before, after)
        # Buffers, so that they move with the layer to another device; not part of the state dict.
        self.folded_weight: Tensor | None
        self.folded_bias: Tensor | None
        self.register_buffer("folded_weight", None, persistent=False)
        self.register_buffer("folded_bias", None, persistent=False)
        when_loaded: Callable[..., object] = self.register_load_state_dict_post_hook
        when_loaded(_fold_again)

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, C', H / stride, W / stride)."""
        if self.folded_weight is not None:
            result = self._convolve(images, self.folded_weight, self.folded_bias)
        elif _is_affine(self.norm) and not _is_watched(self.norm):
            result = self._convolve(images, *self._merged())
        else:
            result = self.norm(self._convolve(images, self.convolution.weight, None))
        return self.activate(result, inplace=self.inplace) if self.activate else result

    def fold(self) -> None:
        """Keep the merged weights and use them in any mode, until `unfold`; for frozen layers.

        The parameters are unchanged; only the forward pass uses the merged weights, without
        gradient.
        """
        with torch.no_grad():
            weight, self.folded_bias = self._merged()
            self.folded_weight = weight.contiguous(memory_format=torch.channels_last)

    def unfold(self) -> None:
        """Use separate convolution and normalisation again."""
        self.folded_weight = self.folded_bias = None

    def _merged(self) -> tuple[Tensor, Tensor]:
        """Return weight and bias of the convolution that includes the normalisation."""
        mean, variance = (self.norm.get_buffer(f"running_{name}") for name in ("mean", "var"))
        scale = self.norm.weight * (variance + self.norm.eps).rsqrt()
        return self.convolution.weight * scale[:, None, None, None], self.norm.bias - mean * scale

    def _convolve(self, images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        layer, (before, after) = self.convolution, self.padding
        stride, dilation = layer.stride[0], layer.dilation[0]
        if layer.kernel_size == (1, 1) and not _is_exported():
            dilation = _ONEDNN
        padding = before
        if before != after:
            images, padding = F.pad(images, (before, after, before, after)), 0
        if layer.groups > 1:
            return depthwise_conv2d(
                images, weight, bias, stride=stride, padding=padding, dilation=dilation
            )
        return F.conv2d(images, weight, bias, stride, padding, dilation, layer.groups)


def _is_exported() -> bool:
    """Return whether the network is written as a graph, for runtimes that have no such rule."""
    return torch.onnx.is_in_onnx_export() or torch.compiler.is_compiling()


def _is_affine(norm: nn.Module) -> bool:
    """Return whether a layer normalises by running statistics; others have none, or adapt them."""
    return isinstance(norm, nn.BatchNorm2d) and not norm.training


def _is_watched(norm: nn.Module) -> bool:
    """Return whether a layer has hooks, as for reading its input, and has to be called."""
    return any(getattr(norm, hooks) for hooks in ("_forward_hooks", "_forward_pre_hooks"))


def _fold_again(unit: nn.Module, _: object) -> None:
    """Update the merged weights of a folded unit after loading a state dict."""
    if isinstance(unit, ConvNorm) and unit.folded_weight is not None:
        unit.fold()


def fold_all(module: nn.Module) -> None:
    """Fold every unit of a model, for inference only."""
    for unit in module.modules():
        if isinstance(unit, ConvNorm):
            unit.fold()
