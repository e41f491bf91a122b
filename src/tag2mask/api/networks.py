"""Networks measured: parameters and work of everything that can be chosen by name."""

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
"""Of the image, and of a network for Pascal VOC, which most papers count with."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One network."""

    name: str
    parameters: int
    macs: int
    """Multiply-adds for one image of SIDE x SIDE."""
    output_stride: int
    """Of a backbone, of the feature that classes are read from; of a network, of its logits."""
    about: str
    """Where a backbone's weights come from; what a network is built over."""


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
    """Measure a network around its own backbone, or the one given, which is counted with it."""
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
        backbone: that of the networks which have none of their own.

    Raises:
        InputError: there is no backbone of that name.
    """
    BACKBONES.get(backbone)
    return Table(tuple(measure_segmenter(name, backbone=backbone) for name in SEGMENTERS.names()))


def _with(about: str, package: str) -> str:
    """Add the package that an entry comes from, if it is not ours."""
    return f"{about} (package {package})" if package else about
