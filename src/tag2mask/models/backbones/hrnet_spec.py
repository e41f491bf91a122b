"""The variants of HRNet, as rows of the paper's table of networks."""

from __future__ import annotations

from dataclasses import dataclass

from tag2mask.core.contracts import InputError

FUSIONS = ("repeated", "last", "none")


@dataclass(frozen=True, kw_only=True)
class HRNetSpec:
    """One row of the paper's table of networks."""

    width: int
    """Number of channels of the first stream; the others have two, four and eight times as many."""
    modules: tuple[int, int, int] = (1, 4, 3)
    """Number of modules of stages 2, 3 and 4; each module ends with a fusion."""
    blocks: int = 4
    """Number of blocks per stream and module."""
    bottlenecks: int = 4
    """Number of bottleneck blocks of stage 1."""
    bottleneck_width: int = 64
    """Width of the bottlenecks of stage 1, a quarter of its output channels."""
    streams: int = 4
    """Maximum number of streams; fewer are only for ablations."""
    fusion: str = "repeated"
    """"repeated" after every module as in the paper, in the "last" alone, or "none"."""
    upsampling: str = "nearest"
    """"nearest" as the published ImageNet weights need it, or "bilinear"."""

    def __post_init__(self) -> None:
        """Validate the fields.

        Raises:
            InputError: a field is invalid.
        """
        counts = (self.width, *self.modules, self.blocks, self.bottlenecks, self.bottleneck_width)
        if len(self.modules) != 3 or min(counts) < 1:
            raise InputError(
                "An HRNet needs three counts of modules, and 1 or more of everything: "
                f"width {self.width}, modules {self.modules}, blocks {self.blocks}, "
                f"bottlenecks {self.bottlenecks} of width {self.bottleneck_width}."
            )
        if not 1 <= self.streams <= 4:
            raise InputError(f"An HRNet has 1 to 4 streams, not {self.streams}.")
        if self.fusion not in FUSIONS:
            raise InputError(f"HRNet's fusion is {', '.join(FUSIONS)}, not {self.fusion!r}.")
        if self.upsampling not in ("nearest", "bilinear"):
            raise InputError(f"HRNet upsamples nearest or bilinear, not {self.upsampling!r}.")

    @property
    def channels(self) -> tuple[int, ...]:
        """Numbers of channels of the streams, high resolution first."""
        return tuple(self.width * 2**stream for stream in range(self.streams))


SPECS = {
    "hrnet_w18_small": HRNetSpec(
        width=16, modules=(1, 1, 1), blocks=2, bottlenecks=1, bottleneck_width=32
    ),
    "hrnet_w18_small_v2": HRNetSpec(width=18, modules=(1, 3, 2), blocks=2, bottlenecks=2),
    **{f"hrnet_w{width}": HRNetSpec(width=width) for width in (18, 30, 32, 40, 44, 48, 64)},
}
"""The published variants. The small ones' names are the authors', though the first is 16 wide."""
