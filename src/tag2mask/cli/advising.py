"""The command that selects the photos to annotate next."""

from __future__ import annotations

from typing import Annotated

import typer

from tag2mask.cli.commands import app
from tag2mask.cli.options import (
    Device,
    DeviceName,
    Quiet,
    RunArgument,
    Seed,
    Verbose,
    Workers,
    make_progress,
)


@app.command("next", help="Which photos to annotate next, and how; writes next.csv.")
def next_command(
    run: RunArgument, workers: Workers,
    number: Annotated[int, typer.Option(
        "--number", min=1, max=100_000, metavar="N", help="How many photos.")] = 20,
    kind: Annotated[str, typer.Option(
        "--kind", metavar="points|boxes|masks|auto",
        help="Of annotation; auto chooses for each photo.")] = "auto",
    rule: Annotated[str, typer.Option(
        "--rule", metavar="trust|entropy|random",
        help="trust: low trust times how typical a photo is, for points at random from the less "
             "trusted half; the others to compare with.")
    ] = "trust",
    device: Device = DeviceName.AUTO, seed: Seed = None, quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Print and write the photos whose annotation would help most."""
    from rich.text import Text

    from tag2mask.advice.next_photos import next_photos
    from tag2mask.cli.tables import make_table, show
    from tag2mask.run_folder.folder import RunFolder

    chosen = next_photos(
        RunFolder(run), number=number, kind=kind, rule=rule, seed=seed or 0, workers=workers,
        progress=make_progress(quiet, verbose), device=device.value)
    table = make_table("Photo", "Annotate with", "Tags", "Trust")
    for one in chosen:
        cells = (one.image, one.kind, ", ".join(one.tags), f"{one.trust:.2f}")
        table.add_row(*(Text(cell) for cell in cells))
    show(iter([table, Text(f"{len(chosen)} photos in {run / 'next.csv'}")]))
