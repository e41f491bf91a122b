"""Saving of a trained segmentation network, and building one from its specification."""

from __future__ import annotations

from tag2mask.models.backbones import create_backbone
from tag2mask.models.segmenters import Segmenter, create_segmenter
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.segmenter_spec import SegmenterSpec
from tag2mask.run_folder.weights import write_weights


def build_segmenter(spec: SegmenterSpec) -> Segmenter:
    """Build the untrained network."""
    encoder = create_backbone(spec.backbone, output_stride=spec.output_stride)
    return create_segmenter(
        spec.model, num_labels=len(spec.classes) + 1, encoder=encoder, tag_gate=spec.tag_gate
    )


def save_segmenter(run: RunFolder, network: Segmenter, spec: SegmenterSpec) -> None:
    """Write the weights, with `spec` in their header."""
    write_weights(
        run.segmenter / "weights.safetensors", network.state_dict(), spec.to_header()
    )
