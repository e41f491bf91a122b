"""Saving of a trained segmentation network: its weights and its specification."""

from __future__ import annotations

from dataclasses import dataclass

from tag2mask.data.damage import refuse_spec
from tag2mask.data.depth import DepthRule
from tag2mask.models.backbones import create_backbone
from tag2mask.models.segmenters import Segmenter, create_segmenter
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.weights import write_weights


@dataclass(frozen=True, kw_only=True)
class SegmenterSpec:
    """Specification of a network, stored in the headers of its files."""

    model: str
    backbone: str
    output_stride: int
    long_side: int
    """Long side of photos at the network's input, in pixels."""
    classes: tuple[str, ...]
    tag_gate: bool = False
    depth: DepthRule | None = None
    """How photos of more than 8 bits are read; None for 8-bit photos."""

    def build(self) -> Segmenter:
        """Build the untrained network."""
        encoder = create_backbone(self.backbone, output_stride=self.output_stride)
        return create_segmenter(
            self.model, num_labels=len(self.classes) + 1, encoder=encoder, tag_gate=self.tag_gate
        )

    def to_header(self) -> dict[str, str]:
        """Convert every field to text."""
        fields = {key: value for key, value in vars(self).items() if key != "depth"}
        header = {key: str(value) for key, value in fields.items()}
        header |= {"classes": "\n".join(self.classes)}
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
            depth=DepthRule.from_text(header.get("depth")),
        )
        refuse_spec(spec.long_side, spec.output_stride, spec.classes)
        return spec


def save_segmenter(run: RunFolder, network: Segmenter, spec: SegmenterSpec) -> None:
    """Write the weights, with `spec` in their header."""
    write_weights(
        run.segmenter / "weights.safetensors", network.state_dict(), spec.to_header()
    )
