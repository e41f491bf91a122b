"""The commands; each only passes on what was typed, and says at the end what was made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from tag2mask import __version__
from tag2mask.cli.guard import GuardedGroup
from tag2mask.cli.options import (
    ConfigFile,
    DataFolder,
    Device,
    DeviceName,
    Out,
    Overrides,
    Quiet,
    RunArgument,
    RunOption,
    Runtime,
    RuntimeName,
    Seed,
    Verbose,
    Workers,
    echo_lines,
    make_progress,
    parse_scales,
    split,
)
from tag2mask.stages import STAGES

app = typer.Typer(
    cls=GuardedGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Segment images from nothing but image tags. Start with: tag2mask demo --out runs/demo",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tag2mask {__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[bool, typer.Option(
        "--version", callback=_tell_version, is_eager=True, help="Tell the version.")] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command(help="Photos and tags in; masks, a network and a report out. Resumes.")
def run(
    data: DataFolder, out: Out, workers: Workers, config: ConfigFile = None,
    overrides: Overrides = None, device: Device = DeviceName.AUTO, seed: Seed = None,
    quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Run all stages on a data set."""
    from tag2mask import pipeline
    from tag2mask.cli.closing import closing_lines

    made = pipeline.run(
        data, out, config_file=config, overrides=overrides or [], device=device.value,
        workers=workers, seed=seed, progress=make_progress(quiet, verbose))
    echo_lines(closing_lines(made))


@app.command(help="The same on a small drawn data set: see in minutes what comes out.")
def demo(
    out: Out, workers: Workers, device: Device = DeviceName.AUTO, seed: Seed = None,
    quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Run all stages on the embedded example."""
    from tag2mask import pipeline
    from tag2mask.cli.closing import closing_lines

    made = pipeline.demo(out, device=device.value, workers=workers, seed=seed,
                         progress=make_progress(quiet, verbose))
    echo_lines(closing_lines(made))


def _stage_command(name: str) -> Callable[..., None]:
    def stage(
        run: RunArgument, workers: Workers, overrides: Overrides = None,
        device: Device = DeviceName.AUTO, quiet: Quiet = False, verbose: Verbose = False,
    ) -> None:
        from tag2mask import pipeline

        pipeline.run_stage(name, run, overrides=overrides or [], device=device.value,
                           workers=workers, progress=make_progress(quiet, verbose))
        echo_lines([f"{name} is done in {run}"])

    return stage


for _stage in STAGES:
    app.command(_stage.name, help=_stage.help, rich_help_panel="One stage of a run that exists")(
        _stage_command(_stage.name))


@app.command(help="Masks of new photos, by the network of a run.")
def predict(
    inputs: Annotated[list[Path], typer.Argument(
        metavar="PHOTO_OR_FOLDER...", help="Photos, or folders of photos.")],
    run: RunOption, out: Out, workers: Workers, device: Device = DeviceName.AUTO,
    runtime: Runtime = RuntimeName.AUTO,
    long_side: Annotated[int | None, typer.Option(
        "--long-side", min=16, max=16_384, metavar="PIXELS", show_default="as in training",
        help="Of photos when the network reads them, for things smaller than in training; "
             "large photos are read in tiles.")] = None,
    scales: Annotated[str, typer.Option(
        "--scales", metavar="1,1.5", help="Multiples of that size to average over.")] = "1",
    flip: Annotated[bool, typer.Option(
        "--flip", help="Average with the mirrored photo too.")] = False,
    quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Segment photos with the network of a run."""
    from tag2mask import pipeline
    from tag2mask.cli.closing import prediction_lines

    summary = pipeline.predict(inputs, run=run, out=out, device=device.value,
                               runtime=runtime.value, long_side=long_side,
                               scales=parse_scales(scales), flip=flip, workers=workers,
                               progress=make_progress(quiet, verbose))
    echo_lines(prediction_lines(out, summary.written, summary.left_out))


@app.command(help="Where a classifier saw each class of a photo, as one picture.")
def explain(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photo.")],
    out: Annotated[Path, typer.Option(
        "--out", metavar="FILE.png", help="The picture.")] = Path("explained.png"),
    run: Annotated[Path | None, typer.Option(
        "--run", metavar="RUN", help="A folder that `tag2mask run` made.")] = None,
    model: Annotated[str | None, typer.Option(
        "--model", metavar="NAME", help="Instead of --run: a backbone's name, or "
        "module:function, which returns the model.")] = None,
    weights: Annotated[str, typer.Option(
        "--weights", metavar="FILE", help="Of --model: safetensors or .pth.")] = "pretrained",
    names: Annotated[Path | None, typer.Option(
        "--names", metavar="FILE", help="Of --model's classes, one a line.")] = None,
    classes: Annotated[str, typer.Option(
        "--classes", metavar="CAT,DOG", show_default="the three it is surest of",
        help="Names or numbers.")] = "",
    method: Annotated[str, typer.Option(
        "--method", metavar="NAME", help="How maps are read: cam, correlated_cam, grad_cam, "
        "grad_cam_pp, layer_cam, hires_cam, xgrad_cam, eigen_cam, score_cam, ablation_cam, "
        "attention, attention_rollout, gradient_attention.")] = "grad_cam",
    layer: Annotated[str, typer.Option(
        "--layer", metavar="NAME,NAME", show_default="the last with places",
        help="Layers that are read.")] = "",
    picture: Annotated[str, typer.Option(
        "--picture", metavar="heat|contour", help="How maps are drawn.")] = "heat",
    long_side: Annotated[int, typer.Option(
        "--long-side", min=16, max=16_384, metavar="PIXELS",
        help="Of the photo, for --model.")] = 320,
    scales: Annotated[str, typer.Option(
        "--scales", metavar="1,1.5", help="Multiples of that size to average over.")] = "1",
    flip: Annotated[bool, typer.Option(
        "--flip", help="Average with the mirrored photo too.")] = False,
) -> None:
    """Draw activation maps of one photo."""
    from tag2mask.core.files import refuse_folder
    from tag2mask.prediction import explain as stage

    refuse_folder(out)
    explainer = stage.choose_explainer(
        run=run, model=model, weights=weights, names=names, long_side=long_side)
    drawn = stage.explain_photo(
        explainer, photo, classes=split(classes), method=method, layers=split(layer),
        picture=picture, scales=parse_scales(scales), flip=flip)
    stage.save_picture(drawn, out)
    echo_lines([f"Maps of {photo.name} by {method} in {out}"])


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
    overrides: Overrides = None, quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Read and check a data set without training anything."""
    from tag2mask.cli.diagnosing import check_options, diagnosis_parts
    from tag2mask.cli.tables import inspection_parts, show
    from tag2mask.data import check_photos, inspect_dataset, read_dataset
    from tag2mask.pipeline.config import load_config

    check_options(deep, run, out)
    seconds = load_config(overrides=overrides or []).annotation
    dataset, progress = read_dataset(data), make_progress(quiet, verbose)
    with progress.stage("inspect", total=len(dataset.photos)) as bar:
        dataset = check_photos(dataset, workers=workers, advance=bar.advance)
    show(inspection_parts(dataset, inspect_dataset(dataset), seconds))
    if deep and out:
        from tag2mask.diagnosis.diagnosis import diagnose, write_diagnosis

        made = diagnose(dataset, run=run, workers=workers, progress=progress)
        show(diagnosis_parts(made, write_diagnosis(made, out)))


@app.command(help="Every backbone and segmentation network: size, work, pretrained weights.")
def models(
    backbone: Annotated[str, typer.Option(
        "--backbone", metavar="NAME", help="What the segmentation networks are measured on.")
    ] = "efficientnet_lite0",
) -> None:
    """Measure every network that can be chosen by name."""
    from tag2mask.cli.models import model_parts
    from tag2mask.cli.tables import show

    show(model_parts(backbone))


@app.command(help="Every way to train the classifier: what it does, its cost, what it stacks with.")
def strategies() -> None:
    """List the training strategies."""
    from tag2mask.cli.tables import show, strategy_parts

    show(strategy_parts())


@app.command(help="Versions, cores, memory, GPU, and what is missing.")
def doctor() -> None:
    """Look at the machine and the installation."""
    from tag2mask.cli.tables import doctor_parts, show
    from tag2mask.doctor import examine

    show(doctor_parts(examine()))
