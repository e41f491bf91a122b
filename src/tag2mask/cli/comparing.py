"""The command that compares recipes."""

from __future__ import annotations

import re
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

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@app.command(help="Every recipe of a grid side by side: one table, one page, and the best one.")
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
    from tag2mask.cli.closing import comparison_lines
    from tag2mask.comparison.comparison import Plan
    from tag2mask.comparison.comparison import compare as run_all

    plan = Plan(
        seeds=seeds, photos=photos, budget=_seconds(budget) if budget else None, label=label,
        shard=_part(shard) if shard else (1, 1), mix=mix, overrides=tuple(overrides or ()),
    )
    made = run_all(data, out, grid, plan, device=device.value, workers=workers,
                   progress=make_progress(quiet, verbose))
    echo_lines(comparison_lines(made))


def _seconds(text: str) -> float:
    from tag2mask.core.contracts import InputError

    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd])", text.strip(), re.ASCII)
    if not match or not float(match[1]):
        raise InputError(f"--budget {text!r} is no time; write it as 90m or 2h.")
    seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > 366 * _UNITS["d"]:
        raise InputError(f"--budget wants at most 366d, not {text!r}.")
    return seconds


def _part(text: str) -> tuple[int, int]:
    from tag2mask.core.contracts import InputError

    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip(), re.ASCII)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError(f"--shard {text!r} is no part; write the second of four as 2/4.")
    return int(match[1]), int(match[2])
