"""Commands for whole runs and for stages; each passes its arguments to `tag2mask.api`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from tag2mask import __version__
from tag2mask.cli.guard import GuardedGroup
from tag2mask.cli.options import (
    ConfigFile,
    DataFolder,
    Device,
    DeviceName,
    Keep,
    KeepName,
    Out,
    OutsideHelp,
    Overrides,
    Profiled,
    Quality,
    Quiet,
    RunArgument,
    Seed,
    Verbose,
    Workers,
    echo_lines,
    help_setting,
    make_progress,
)
from tag2mask.cli.overview import STAGE_PANEL
from tag2mask.stages import STAGES

app = typer.Typer(
    cls=GuardedGroup, no_args_is_help=True, pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Segment images from image tags. Start with: tag2mask demo --out runs/demo",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tag2mask {__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[bool, typer.Option(
        "--version", callback=_print_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command(help="Photos and tags in; masks, a network and a report out. Resumes.")
def run(
    data: DataFolder, out: Out, workers: Workers, quality: Quality = "default",
    config: ConfigFile = None, overrides: Overrides = None, outside_help: OutsideHelp = None,
    device: Device = DeviceName.AUTO, seed: Seed = None,
    keep: Keep = KeepName.ALL, profile: Profiled = False, quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run all stages on a data set."""
    from tag2mask.api import running
    from tag2mask.cli.closing import closing_lines
    from tag2mask.run_folder.folder import RunFolder
    from tag2mask.stages.report.findings import figure_of

    before = figure_of(RunFolder(out))
    made = running.run(
        data, out, config_file=config, quality=quality,
        overrides=[*(overrides or []), *help_setting(outside_help)], device=device.value,
        workers=workers, seed=seed, profile=profile, keep=keep.value,
        progress=make_progress(quiet, verbose))
    echo_lines(closing_lines(made.files, before))
    if profile:
        echo_lines([f"Profile  {made.files.profile_page}"])


@app.command(help="The same on a small drawn data set: see in minutes what comes out.")
def demo(
    out: Out, workers: Workers, device: Device = DeviceName.AUTO, seed: Seed = None,
    quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Run all stages on the embedded example."""
    from tag2mask.api import running
    from tag2mask.cli.closing import closing_lines

    made = running.demo(out, device=device.value, workers=workers, seed=seed,
                        progress=make_progress(quiet, verbose))
    echo_lines(closing_lines(made.files))


def _stage_command(name: str) -> Callable[..., None]:
    def stage(
        run: RunArgument, workers: Workers, overrides: Overrides = None,
        device: Device = DeviceName.AUTO, seed: Seed = None, quiet: Quiet = False,
        verbose: Verbose = False,
    ) -> None:
        from tag2mask.api import running

        running.run_stage(name, run, overrides=overrides or [], device=device.value,
                          workers=workers, seed=seed, progress=make_progress(quiet, verbose))
        echo_lines([f"{name} is done in {run}"])

    return stage


for _stage in STAGES:
    app.command(_stage.name, help=_stage.help, rich_help_panel=STAGE_PANEL)(
        _stage_command(_stage.name))
