"""Output of `models`: the size and computational cost of all networks."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tag2mask.api.networks import NUM_LABELS, SIDE, Measured, backbones, segmenters
from tag2mask.cli.tables import make_table
from tag2mask.models.backbones import BACKBONES
from tag2mask.models.segmenters import SEGMENTERS


def model_parts(backbone: str) -> Iterator[RenderableType]:
    """Yield tables of all backbones and of all segmentation networks.

    Args:
        backbone: backbone of the networks that have none of their own.

    Raises:
        InputError: there is no backbone of that name.
    """
    BACKBONES.get(backbone)
    table = _table("Backbone", "Pretrained\nweights")
    for row in backbones():
        table.add_row(*_cells(row))
    yield table
    table = _table("Network", "Over")
    for row in segmenters(backbone):
        table.add_row(*_cells(row))
    yield table
    yield Text(f"FLOPs: of one image of {SIDE} x {SIDE}, two per multiply-add. Networks have "
               f"{NUM_LABELS} labels, backbones no classification head.")
    yield from (Text(line) for line in proven_lines())


def proven_lines() -> Iterator[str]:
    """List the networks with verified training results on each data set."""
    proven: dict[str, list[str]] = {}
    for name in SEGMENTERS.names():
        for data in SEGMENTERS.get(name).proven:
            proven.setdefault(data, []).append(name)
    for data, names in proven.items():
        yield f"Trained well on {data}: {', '.join(names)}."


def _table(first: str, *last: str) -> Table:
    names = ("Million\nparameters", "GFLOPs", "Output\nstride")
    table = make_table(first, *names, *last, numbers=True)
    table.columns[0].no_wrap = True  # a wrapped name cannot be copied
    return table


def _cells(row: Measured) -> tuple[Text | str, ...]:
    return (
        Text(row.name), f"{row.parameters / 1e6:.2f}", f"{2 * row.macs / 1e9:.1f}",
        str(row.output_stride), Text(row.about),
    )
