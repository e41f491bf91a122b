"""Number of parameters and computational cost of all networks that can be chosen by name."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from tag2mask.api.table import Table
from tag2mask.models.backbones import BACKBONES, create_backbone
from tag2mask.models.backbones.measuring import (
    count_macs,
    count_parameters,
    drop_norms,
    shapes_only,
)
from tag2mask.models.segmenters import SEGMENTERS, create_segmenter

SIDE, NUM_LABELS = 512, 21
"""Side of the image, in pixels, and number of labels for Pascal VOC, which most papers use."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The size and cost of one network."""

    name: str
    parameters: int
    macs: int
    """Multiply-adds for one image of SIDE x SIDE."""
    output_stride: int
    """For a backbone, the stride of the features used for classification; for a segmentation
    network, the stride of its logits."""
    about: str
    """For a backbone, the source of its weights; for a segmentation network, its backbone."""


def measure_backbone(name: str) -> Measured:
    """Measure a backbone without its classification head, as it is built by default."""
    with shapes_only():
        backbone = create_backbone(name)
    entry = BACKBONES.get(name)
    return Measured(
        name=name, parameters=count_parameters(backbone), macs=count_macs(backbone, (SIDE, SIDE)),
        output_stride=entry.output_stride, about=_with(entry.origin, BACKBONES.package(name)),
    )


def measure_segmenter(name: str, *, backbone: str) -> Measured:
    """Measure a network together with its own backbone, or with the one given."""
    entry = SEGMENTERS.get(name)
    over = entry.backbone or backbone
    with shapes_only():
        stride = entry.output_stride if entry.backbone else None
        encoder = create_backbone(over, output_stride=stride)
        network = create_segmenter(name, num_labels=NUM_LABELS, encoder=encoder)
        parameters = count_parameters(network)
        drop_norms(network.eval())
        logits = network.logits(torch.empty(1, 3, SIDE, SIDE))
    return Measured(
        name=name, parameters=parameters, macs=count_macs(network, (SIDE, SIDE)),
        output_stride=SIDE // logits.shape[-1], about=_with(over, SEGMENTERS.package(name)),
    )


def backbones() -> Table[Measured]:
    """Measure every backbone."""
    return Table(tuple(measure_backbone(name) for name in BACKBONES.names()))


def segmenters(backbone: str = "efficientnet_lite0") -> Table[Measured]:
    """Measure every segmentation network.

    Args:
        backbone: backbone of the networks that have none of their own.

    Raises:
        InputError: there is no backbone of that name.
    """
    BACKBONES.get(backbone)
    return Table(tuple(measure_segmenter(name, backbone=backbone) for name in SEGMENTERS.names()))


def _with(about: str, package: str) -> str:
    """Append the package of an entry to its description, unless it is tag2mask itself."""
    return f"{about} (package {package})" if package else about
