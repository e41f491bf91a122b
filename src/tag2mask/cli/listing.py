"""Read-only commands that show information on data sets, components and the machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tag2mask.cli.commands import app
from tag2mask.cli.options import (
    DataFolder,
    Device,
    DeviceName,
    Overrides,
    Quiet,
    Seed,
    Verbose,
    Workers,
    make_progress,
)
from tag2mask.cli.overview import LIST_PANEL

if TYPE_CHECKING:
    from tag2mask.annotation.costs import AnnotationConfig


@app.command(help="What is in a data set, and what is wrong with it.")
def inspect(
    data: DataFolder, workers: Workers,
    deep: Annotated[bool, typer.Option(
        "--deep", help="Also look for tags that never occur apart, probable wrong tags and "
        "near-duplicates; writes a page with pictures to --out.")] = False,
    run: Annotated[Path | None, typer.Option(
        "--run", metavar="RUN", help="With --deep: a run of this data set, whose maps are "
        "checked for falling on the thing beside.")] = None,
    out: Annotated[Path | None, typer.Option(
        "--out", metavar="DIR", help="With --deep: for diagnosis.html and diagnosis.json.")] = None,
    overrides: Overrides = None, device: Device = DeviceName.AUTO, seed: Seed = None,
    quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Read and check a data set without training anything."""
    from tag2mask.api import diagnosing
    from tag2mask.cli.diagnosing import check_options, diagnosis_parts
    from tag2mask.cli.tables import inspection_parts, show

    check_options(deep, run, out)
    seconds = _seconds(overrides) if overrides else None
    progress = make_progress(quiet, verbose)
    seen = diagnosing.inspect(data, workers=workers, progress=progress)
    show(inspection_parts(seen.dataset, seen.inspection, seconds))
    if deep and out:
        made = diagnosing.diagnose(
            seen.dataset, run=run, out=out, device=device.value, workers=workers, seed=seed or 0,
            progress=progress)
        show(diagnosis_parts(made.made, made.page or out))


def _seconds(overrides: list[str]) -> AnnotationConfig:
    from tag2mask.pipeline.config import load_config  # loads torch, which takes 250 MiB

    return load_config(overrides=overrides).annotation


@app.command(rich_help_panel=LIST_PANEL,
             help="Backbones and segmentation networks: size, work, weights.")
def models(
    backbone: Annotated[str, typer.Option(
        "--backbone", metavar="NAME", help="What the segmentation networks are measured on.")
    ] = "efficientnet_lite0",
) -> None:
    """Measure every network that can be chosen by name."""
    from tag2mask.cli.models import model_parts
    from tag2mask.cli.tables import show

    show(model_parts(backbone))


@app.command(rich_help_panel=LIST_PANEL,
             help="Ways to train the classifier: what they do, cost, stack with.")
def strategies() -> None:
    """List the training strategies."""
    from tag2mask.cli.tables import show, strategy_parts

    show(strategy_parts())


@app.command(rich_help_panel=LIST_PANEL,
             help="Map methods, and everything else that is chosen by name.")
def methods() -> None:
    """List the map methods, then sharpeners, losses, runtimes and so on, with their packages."""
    from tag2mask.cli.tables import method_parts, show

    show(method_parts())


@app.command(help="Versions, cores, memory, GPU, and what is missing.")
def doctor(
    run: Annotated[Path | None, typer.Argument(
        metavar="[RUN]", help="A run that the report is about.")] = None,
    report: Annotated[bool, typer.Option(
        "--report", help="Print text for an issue: versions, settings, stages; nothing private.")
    ] = False,
) -> None:
    """Look at the machine and the installation."""
    from tag2mask.cli.tables import doctor_parts, show
    from tag2mask.doctor import examine

    if report or run:
        from tag2mask.api.problem_report import problem_report

        typer.echo(problem_report(run), nl=False)
        return
    show(doctor_parts(examine()))
