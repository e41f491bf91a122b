"""The command `compare`."""

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


@app.command(help="Run all recipes of a grid and compare them in one table and one page.")
def compare(
    data: DataFolder, out: Out, workers: Workers,
    grid: Annotated[Path, typer.Option(
        "--grid", metavar="FILE", help='TOML file with a list of values per choice, '
        'as in strategy = ["plain", "seam"]. Choices: backbone, strategy, activation, sharpening, '
        "segmenter, or any setting.")],
    seeds: Annotated[int, typer.Option(
        "--seeds", min=1, max=1000, metavar="N", help="Number of seeds of each recipe.")] = 1,
    budget: Annotated[str, typer.Option(
        "--budget", metavar="TIME", help="Time limit, as in 90m or 2h: recipes are dropped on "
        "few photos, so that the best can be run in full.", show_default="no limit")] = "",
    photos: Annotated[int | None, typer.Option(
        "--photos", min=1, metavar="N", help="The most photos of each split.",
        show_default="all")] = None,
    label: Annotated[int, typer.Option(
        "--label", min=0, metavar="N", help="Request masks of N photos on which the recipes "
        "differ, and order the table by the masks that exist.")] = 0,
    shard: Annotated[str, typer.Option(
        "--shard", metavar="I/N", help="Run part I of N; the parts write to one folder.")] = "",
    jobs: Annotated[int, typer.Option(
        "--jobs", min=1, max=256, metavar="N", help="Number of recipes to run at once, each in a "
        "process with its part of the cores or a GPU.")] = 1,
    mix: Annotated[bool, typer.Option(
        "--mix", help="One table for all protocols, with a column for each difference.")] = False,
    overrides: Overrides = None, device: Device = DeviceName.AUTO, quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare recipes."""
    from tag2mask.api import comparing
    from tag2mask.cli.closing import comparison_lines

    made = comparing.compare(
        data, out, grid, seeds=seeds, budget=budget or None, photos=photos, label=label,
        shard=shard or (1, 1), mix=mix, overrides=overrides or [], device=device.value,
        workers=workers, jobs=jobs, progress=make_progress(quiet, verbose))
    echo_lines(comparison_lines(made.made))
