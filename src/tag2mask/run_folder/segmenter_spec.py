"""The specification of a segmentation network, stored in the headers of its files.

It is defined without torch: predicting with an exported network does not load torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from tag2mask.data.damage import refuse_spec
from tag2mask.data.depth import DepthRule


@dataclass(frozen=True, kw_only=True)
class Normalisation:
    """Mean and standard deviation of each channel, for pixels in 0..255."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        """Validate the numbers."""
        if len(self.mean) != 3 or len(self.std) != 3 or not all(map(isfinite, self.mean)) \
                or not all(0 < value < float("inf") for value in self.std):
            raise ValueError(f"pixels cannot be normalised by {self.mean} and {self.std}")


@dataclass(frozen=True, kw_only=True)
class SegmenterSpec:
    """Specification of a network."""

    model: str
    backbone: str
    output_stride: int
    long_side: int
    """Long side of photos at the network's input, in pixels."""
    classes: tuple[str, ...]
    tag_gate: bool = False
    depth: DepthRule | None = None
    """How photos of more than 8 bits are read; None for 8-bit photos."""
    normalisation: Normalisation | None = None
    """That of its input, in the header of an exported network; None for that of the backbone."""

    def to_header(self) -> dict[str, str]:
        """Convert every field to text."""
        fields = {key: value for key, value in vars(self).items()
                  if key not in ("depth", "normalisation")}
        header = {key: str(value) for key, value in fields.items()}
        header |= {"classes": "\n".join(self.classes)}
        if self.normalisation:
            header |= {"pixel_mean": _joined(self.normalisation.mean),
                       "pixel_std": _joined(self.normalisation.std)}
        return header | ({"depth": self.depth.to_text()} if self.depth else {})

    @classmethod
    def from_header(cls, header: dict[str, str]) -> SegmenterSpec:
        """Parse the result of `to_header`.

        Raises:
            KeyError, ValueError: a field is missing or invalid.
        """
        spec = cls(
            model=header["model"], backbone=header["backbone"],
            output_stride=int(header["output_stride"]), long_side=int(header["long_side"]),
            classes=tuple(header["classes"].split("\n")),
            tag_gate=header.get("tag_gate") == "True",
            depth=DepthRule.from_text(header.get("depth")), normalisation=_normalisation(header),
        )
        refuse_spec(spec.long_side, spec.output_stride, spec.classes)
        return spec


def _normalisation(header: dict[str, str]) -> Normalisation | None:
    if "pixel_mean" not in header:
        return None
    mean, std = (tuple(map(float, header[key].split())) for key in ("pixel_mean", "pixel_std"))
    return Normalisation(mean=mean, std=std)


def _joined(values: tuple[float, ...]) -> str:
    return " ".join(repr(float(value)) for value in values)
