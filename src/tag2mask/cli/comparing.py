"""The command that compares recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tag2mask.cli.commands import app
from tag2mask.cli.options import (
    DataFolder,
    Device,
    DeviceName,
    Out,
    Overrides,
    Quiet,
    Verbose,
    Workers,
    echo_lines,
    make_progress,
)


@app.command(help="Recipes of a grid side by side: one table, one page, the best one.")
def compare(
    data: DataFolder, out: Out, workers: Workers,
    grid: Annotated[Path, typer.Option(
        "--grid", metavar="FILE", help='TOML with a list per choice, as in '
        'strategy = ["plain", "seam"]; names: backbone, strategy, activation, sharpening, '
        "segmenter, or any setting.")],
    seeds: Annotated[int, typer.Option(
        "--seeds", min=1, max=1000, metavar="N", help="How often each recipe is run.")] = 1,
    budget: Annotated[str, typer.Option(
        "--budget", metavar="TIME", help="As in 90m or 2h: recipes are dropped on few photos so "
        "that the best are run in full in that time.", show_default="as long as it takes")] = "",
    photos: Annotated[int | None, typer.Option(
        "--photos", min=1, metavar="N", help="At most so many photos of each split.",
        show_default="all")] = None,
    label: Annotated[int, typer.Option(
        "--label", min=0, metavar="N", help="Ask for masks of the N photos that tell recipes "
        "apart, and order the table by those that are there.")] = 0,
    shard: Annotated[str, typer.Option(
        "--shard", metavar="I/N", help="Run the I-th of N parts; the folder may be shared.")] = "",
    mix: Annotated[bool, typer.Option(
        "--mix", help="One table for all protocols, with a column for what differs.")] = False,
    overrides: Overrides = None, device: Device = DeviceName.AUTO, quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare recipes."""
    from tag2mask.api import comparing
    from tag2mask.cli.closing import comparison_lines

    made = comparing.compare(
        data, out, grid, seeds=seeds, budget=budget or None, photos=photos, label=label,
        shard=shard or (1, 1), mix=mix, overrides=overrides or [], device=device.value,
        workers=workers, progress=make_progress(quiet, verbose))
    echo_lines(comparison_lines(made.made))
