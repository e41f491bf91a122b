"""What `models` tells: the size and the work of every network that can be chosen by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tag2mask.cli.tables import make_table
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
    """Of the feature that classes are told by; of a network, of its logits."""
    about: str
    """Where a backbone's weights come from; what a network is built over."""


def measure_backbone(name: str) -> Measured:
    """Measure a backbone without its classification head, as it is built by default."""
    with shapes_only():
        backbone = create_backbone(name)
    return Measured(
        name=name, parameters=count_parameters(backbone), macs=count_macs(backbone, (SIDE, SIDE)),
        output_stride=BACKBONES.get(name).output_stride,
        about=_from(BACKBONES.get(name).origin, BACKBONES.package(name)),
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
        output_stride=SIDE // logits.shape[-1], about=_from(over, SEGMENTERS.package(name)),
    )


def model_parts(backbone: str) -> Iterator[RenderableType]:
    """Lay out all backbones, then all segmentation networks.

    Args:
        backbone: that of the networks which have none of their own.

    Raises:
        InputError: there is no backbone of that name.
    """
    BACKBONES.get(backbone)
    table = _table("Backbone", "Pretrained\nweights")
    for row in (measure_backbone(name) for name in BACKBONES.names()):
        table.add_row(*_cells(row))
    yield table
    table = _table("Network", "Over")
    for row in (measure_segmenter(name, backbone=backbone) for name in SEGMENTERS.names()):
        table.add_row(*_cells(row))
    yield table
    yield Text(f"FLOPs: of one image of {SIDE} x {SIDE}, two per multiply-add. Networks have "
               f"{NUM_LABELS} labels, backbones no classification head.")
    yield from (Text(line) for line in proven_lines())


def proven_lines() -> Iterator[str]:
    """Say for each data set which networks were trained well on it."""
    proven: dict[str, list[str]] = {}
    for name in SEGMENTERS.names():
        for data in SEGMENTERS.get(name).proven:
            proven.setdefault(data, []).append(name)
    for data, names in proven.items():
        yield f"Trained well on {data}: {', '.join(names)}."


def _from(about: str, package: str) -> str:
    """Add the package that an entry comes from, if it is not ours."""
    return f"{about} (package {package})" if package else about


def _table(first: str, *last: str) -> Table:
    names = ("Million\nparameters", "GFLOPs", "Output\nstride")
    table = make_table(first, *names, *last, numbers=True)
    table.columns[0].no_wrap = True  # a name that is folded cannot be typed again
    return table


def _cells(row: Measured) -> tuple[Text | str, ...]:
    return (
        Text(row.name), f"{row.parameters / 1e6:.2f}", f"{2 * row.macs / 1e9:.1f}",
        str(row.output_stride), Text(row.about),
    )
