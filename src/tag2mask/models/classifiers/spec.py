"""Specification of a classifier, needed to rebuild it from its weights."""

from __future__ import annotations

from dataclasses import dataclass

from tag2mask.data.damage import refuse_spec
from tag2mask.data.depth import DepthRule


@dataclass(frozen=True, kw_only=True)
class ClassifierSpec:
    """Specification of a classifier, stored in the header of its weights."""

    backbone: str
    output_stride: int
    strategy: tuple[str, ...]
    """Names of the training strategies, in order."""
    long_side: int
    """Long side of whole photos at the classifier's input, in pixels."""
    weights: str
    """Initial weights of the backbone: "pretrained", "none", a file, or hf://USER/NAME."""
    pretraining: str
    classes: tuple[str, ...]
    depth: DepthRule | None = None
    """How photos of more than 8 bits are read; None for 8-bit photos."""

    def to_header(self) -> dict[str, str]:
        """Convert every field to text."""
        fields = {key: value for key, value in vars(self).items() if key != "depth"}
        header = {key: str(value) for key, value in fields.items()}
        header |= {"classes": "\n".join(self.classes), "strategy": ",".join(self.strategy)}
        return header | ({"depth": self.depth.to_text()} if self.depth else {})

    @classmethod
    def from_header(cls, header: dict[str, str]) -> ClassifierSpec:
        """Parse the result of `to_header`.

        Raises:
            KeyError, ValueError: a field is missing or invalid.
        """
        spec = cls(
            backbone=header["backbone"], output_stride=int(header["output_stride"]),
            strategy=tuple(header["strategy"].split(",")), long_side=int(header["long_side"]),
            weights=header["weights"], pretraining=header["pretraining"],
            classes=tuple(header["classes"].split("\n")),
            depth=DepthRule.from_text(header.get("depth")),
        )
        refuse_spec(spec.long_side, spec.output_stride, spec.classes)
        return spec
