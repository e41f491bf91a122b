"""Segmentation networks by name; a new one is one module and one entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from tag2mask.core.registry import Registry
from tag2mask.models.backbones import BackboneModule, create_backbone
from tag2mask.models.backbones.hrnet_spec import SPECS
from tag2mask.models.segmenters.deconvnet import build_deconvnet
from tag2mask.models.segmenters.dilated import ASPP, LARGE_FOV, build_dilated
from tag2mask.models.segmenters.fcn import FCN_8S, FCN_16S, FCN_32S, build_fcn
from tag2mask.models.segmenters.hrnet_heads import V1Decoder, V2Decoder, V2pDecoder
from tag2mask.models.segmenters.loading import load_network
from tag2mask.models.segmenters.ocr import OCRDecoder
from tag2mask.models.segmenters.segmenter import Decoder, Segmenter
from tag2mask.models.segmenters.segnet import build_segnet
from tag2mask.models.segmenters.unet import UNetDecoder

__all__ = ["SEGMENTERS", "Segmenter", "SegmenterEntry", "create_segmenter"]

_DEFAULT_BACKBONE, _HRNET = "efficientnet_lite0", "hrnet_w18_small"
_SCENES = ("the drawn scenes",)


@dataclass(frozen=True, kw_only=True)
class SegmenterEntry:
    """Construction of a segmentation network, and its default backbone."""

    build: Callable[[BackboneModule, int], Segmenter]
    """Builds the network, given an encoder and the number of labels, K + 1."""
    backbone: str | None
    """Name of the published backbone; None for the classifier's."""
    output_stride: int = 16
    """Output stride of that backbone, if the network is built without an encoder."""
    about: str
    """Short description with a reference."""
    proven: tuple[str, ...] = ()
    """Data sets with good results; see docs/results.md and docs/networks.md."""


def _unet(encoder: BackboneModule, num_labels: int) -> Segmenter:
    """Stop at stride 4: the step to stride 2 takes half of the time and adds little information."""
    first = next((i for i, stride in enumerate(encoder.strides) if stride >= 4), 0)
    channels = encoder.channels[first:]
    widths = (32, 64, 128, 192, 192)[: len(channels)]
    return Segmenter(encoder, UNetDecoder(channels, widths), num_labels, coarse=True)


def _hrnet(decoder: Callable[[Sequence[int]], Decoder]) -> Callable[..., Segmenter]:
    def build(encoder: BackboneModule, num_labels: int) -> Segmenter:
        return Segmenter(encoder, decoder(encoder.channels), num_labels)

    return build


def _ocr(encoder: BackboneModule, num_labels: int) -> Segmenter:
    return Segmenter(encoder, OCRDecoder(encoder.channels, num_labels), num_labels)


SEGMENTERS: Registry[SegmenterEntry] = Registry(
    "segmentation network", group="tag2mask.segmenters"
)
SEGMENTERS.update({
    "unet": SegmenterEntry(
        build=_unet, backbone=None,
        about="joins features of every resolution (Ronneberger et al., 2015)",
        proven=("voc12", "magnetic_tile", *_SCENES),
    ),
    "fcn_32s": SegmenterEntry(
        build=partial(build_fcn, spec=FCN_32S), backbone="vgg16_bn", output_stride=32,
        about="scores at stride 32 alone (Long et al., 2015)",
    ),
    "fcn_16s": SegmenterEntry(
        build=partial(build_fcn, spec=FCN_16S), backbone="vgg16_bn", output_stride=32,
        about="sums scores at strides 32 and 16 (Long et al., 2015)",
        proven=_SCENES,
    ),
    "fcn_8s": SegmenterEntry(
        build=partial(build_fcn, spec=FCN_8S), backbone="vgg16_bn", output_stride=32,
        about="sums scores at strides 32, 16 and 8 (Long et al., 2015)",
        proven=_SCENES,
    ),
    "segnet": SegmenterEntry(
        build=build_segnet, backbone="vgg16_bn", output_stride=32,
        about="unpools where the encoder pooled, and convolves (Badrinarayanan et al., 2017)",
    ),
    "deconvnet": SegmenterEntry(
        build=build_deconvnet, backbone="vgg16_bn", output_stride=32,
        about="unpools and deconvolves over a wide bottleneck (Noh et al., 2015)",
    ),
    "dilated": SegmenterEntry(
        build=partial(build_dilated, spec=LARGE_FOV), backbone=None,
        about="keeps its resolution by dilation (DeepLab-LargeFOV, Chen et al., 2018)",
        proven=_SCENES,
    ),
    "dilated_aspp": SegmenterEntry(
        build=partial(build_dilated, spec=ASPP), backbone=None,
        about="dilated, with several rates in parallel (DeepLabv3, Chen et al., 2017)",
    ),
    "hrnet_v1": SegmenterEntry(
        build=_hrnet(V1Decoder), backbone=_HRNET, output_stride=4,
        about="reads HRNet's finest stream alone (Wang et al., 2020)",
        proven=_SCENES,
    ),
    "hrnet_v2": SegmenterEntry(
        build=_hrnet(V2Decoder), backbone=_HRNET, output_stride=4,
        about="reads all of HRNet's streams together (Wang et al., 2020)",
        proven=_SCENES,
    ),
    "hrnet_v2p": SegmenterEntry(
        build=_hrnet(V2pDecoder), backbone=_HRNET, output_stride=4,
        about="a pyramid of HRNetV2's feature (Wang et al., 2020)",
    ),
    "hrnet_ocr": SegmenterEntry(
        build=_ocr, backbone=_HRNET, output_stride=4,
        about="classifies a pixel by the object regions that it resembles (OCR, Yuan et al., 2020)",
    ),
    **{
        name: SegmenterEntry(
            build=_hrnet(V2Decoder), backbone=name, output_stride=4,
            about="HRNetV2 over this trunk (Wang et al., 2020)",
        )
        for name in SPECS
    },
})


def create_segmenter(
    name: str, *, num_labels: int, encoder: BackboneModule | None = None,
    weights: str | Path | Mapping[str, Tensor] | None = None, drop_head: bool = False,
    tag_gate: bool = False,
) -> Segmenter:
    """Build a segmentation network around an encoder.

    Args:
        name: one of `SEGMENTERS`.
        num_labels: K + 1, the background included.
        encoder: a backbone from `create_backbone`; None for the entry's own, randomly initialised.
        weights: weights of the whole network, as a file or a state dict; None to start from
            scratch.
        drop_head: with weights, use a new head, for other labels than in their training.
        tag_gate: weight the classes of all pixels by image-level predictions; see `TagGate`.

    Raises:
        InputError: no network has that name, it cannot be built over that encoder, or the weights
            do not fit.
    """
    entry = SEGMENTERS.get(name)
    if encoder is None:
        backbone = entry.backbone or _DEFAULT_BACKBONE
        encoder = create_backbone(backbone, output_stride=entry.output_stride)
    network = entry.build(encoder, num_labels)
    if tag_gate:
        network.add_gate()
    if weights is not None:
        with torch.device("meta"):
            twin = entry.build(deepcopy(encoder).to("meta"), num_labels + 1)
            if tag_gate:
                twin.add_gate()
        load_network(network, twin, weights, drop_head=drop_head)
    return network
