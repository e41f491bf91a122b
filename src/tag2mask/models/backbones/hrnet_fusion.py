"""HRNet's fusion: every stream is converted to the resolution and width of all others and added.

The paper has one convolution for every pair of streams. Here, those that read the same stream are
one convolution with concatenated outputs, so that a stream is read once; upsampled terms are
accumulated from the coarsest stream on, so that the finest resolution is written once. Results
equal those of the pairs up to rounding; with bilinear upsampling, those of pairs that double the
resolution step by step.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.conv_norm import EARLY, ConvNorm


def relu_unit(
    channels_in: int, channels_out: int, *, kernel: int = 1, stride: int = 1,
    activation: str | None = "relu",
) -> ConvNorm:
    """Build HRNet's convolution with normalisation."""
    return ConvNorm(
        channels_in, channels_out, kernel=kernel, stride=stride, phase=EARLY,
        activation=activation, eps=1e-5, momentum=0.1,
    )


class Fusion(nn.Module):
    """Maps every stream to the ReLU of the sum of all streams, converted to its resolution.

    Section 3.2 of the paper: from finer to coarser by 3x3 convolutions of stride 2, one per
    halving; from coarser to finer by a 1x1 convolution and upsampling; the identity from itself.
    """

    def __init__(self, channels: tuple[int, ...], *, upsampling: str = "nearest") -> None:
        """Initialise the weights.

        Args:
            channels: of the streams, high resolution first, two or more.
            upsampling: "nearest" or "bilinear".
        """
        super().__init__()
        self.channels, last = channels, len(channels) - 1
        self.ups = nn.ModuleList(
            relu_unit(width, sum(channels[:source]), activation=None)
            for source, width in enumerate(channels) if source > 0
        )
        self.downs = nn.ModuleList(
            relu_unit(width, sum(down_parts(channels, source)), kernel=3, stride=2, activation=None)
            for source, width in enumerate(channels) if source < last
        )
        self.chains = nn.ModuleList(
            nn.ModuleList(
                _chain(channels, source, target) for target in range(source + 2, last + 1)
            )
            for source in range(last)
        )
        self._double = _DOUBLINGS[upsampling]

    def forward(self, streams: list[Tensor]) -> list[Tensor]:
        """Map streams (B, C_i, H / 2^i, W / 2^i) to streams of the same shapes."""
        sums = list(streams)
        for source, stream in enumerate(streams[:-1]):
            self._send_down(source, stream, sums)
        ups = [
            up(stream).split(self.channels[:source], 1)
            for source, (up, stream) in enumerate(zip(self.ups, streams[1:], strict=True), 1)
        ]
        for target in range(len(streams) - 1):
            rising = ups[-1][target]
            for source in range(len(streams) - 2, target, -1):
                rising = self._double(rising) + ups[source - 1][target]
            sums[target] = sums[target] + self._double(rising)
        return [F.relu(total, inplace=True) for total in sums]

    def _send_down(self, source: int, stream: Tensor, sums: list[Tensor]) -> None:
        parts = self.downs[source](stream).split(down_parts(self.channels, source), 1)
        sums[source + 1] = sums[source + 1] + parts[0]
        for index, part in enumerate(parts[1:]):
            arriving = self.chains[source].get_submodule(str(index))(F.relu(part))
            sums[source + 2 + index] = sums[source + 2 + index] + arriving


def down_parts(channels: tuple[int, ...], source: int) -> list[int]:
    """Return the widths of the concatenated outputs of one stream's first halving.

    The first is the width of the next stream; then follows the width of the source for every
    coarser stream, since it only changes in the last halving.
    """
    return [channels[source + 1]] + [channels[source]] * (len(channels) - source - 2)


def _chain(channels: tuple[int, ...], source: int, target: int) -> nn.Sequential:
    """Build the halvings after the first between two non-adjacent streams."""
    halvings = target - source - 1
    return nn.Sequential(*(
        relu_unit(
            channels[source], channels[target if last else source], kernel=3, stride=2,
            activation=None if last else "relu",
        )
        for last in (step == halvings - 1 for step in range(halvings))
    ))


def _double_nearest(stream: Tensor) -> Tensor:
    return F.interpolate(stream, scale_factor=2.0, mode="nearest")


def _double_bilinear(stream: Tensor) -> Tensor:
    return F.interpolate(stream, scale_factor=2.0, mode="bilinear", align_corners=False)


_DOUBLINGS: dict[str, Callable[[Tensor], Tensor]] = {
    "nearest": _double_nearest, "bilinear": _double_bilinear,
}
