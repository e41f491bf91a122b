"""The command that packs a data set into shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tag2mask.cli.commands import app
from tag2mask.cli.options import DataFolder, Quiet, Verbose, Workers, echo_lines, make_progress


@app.command(help="Pack a data set into tar files (WebDataset shards).")
def pack(
    data: DataFolder,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the shards.")],
    workers: Workers,
    shard_size: Annotated[str, typer.Option(
        "--shard-size", metavar="SIZE", help="The most bytes of a shard, as in 500MB or 1GB.")
    ] = "500MB",
    quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Write photos, tags and masks as shards."""
    from tag2mask.api.packing import pack as write

    made = write(data, out, shard_size=shard_size, workers=workers,
                 progress=make_progress(quiet, verbose))
    echo_lines([f"{sum(made.photos.values()):,} photos in {len(made.photos):,} shards, "
                f"{made.size / 1e6:,.1f} MB, in {out}"])
