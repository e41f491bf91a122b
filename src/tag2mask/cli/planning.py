"""The command that chooses settings by measures of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tag2mask.cli.commands import app
from tag2mask.cli.options import (
    DataFolder,
    Device,
    DeviceName,
    Quiet,
    Verbose,
    Workers,
    echo_lines,
    make_progress,
)


@app.command("plan", help="Settings that suit a data set, with reasons, as a file to edit.")
def plan_command(
    data: DataFolder, workers: Workers,
    out: Annotated[Path | None, typer.Option(
        "--out", metavar="FILE", help="Where to write it, as in plan.toml; else it is printed.")
    ] = None,
    run: Annotated[Path | None, typer.Option(
        "--run", metavar="RUN", help="A run of this data set, whose choices from its maps are "
        "taken over.")] = None,
    device: Device = DeviceName.AUTO, quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Measure a data set and write settings for it; nothing is trained."""
    from tag2mask.api import planning
    from tag2mask.core.data_address import address_of

    made = planning.plan(data, out=out, run=run, device=device.value, workers=workers,
                         progress=make_progress(quiet, verbose))
    if out is None:
        echo_lines(made.to_toml().splitlines())
    else:
        given = address_of(data) or data
        echo_lines([f"Plan     {out}; next: tag2mask run {given} --out DIR --config {out}"])
