"""The commands for single photos: masks of new photos, and activation maps of a classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tag2mask.cli.commands import app
from tag2mask.cli.options import (
    Device,
    DeviceName,
    Flip,
    LongSide,
    Out,
    Quiet,
    RunOption,
    Runtime,
    Scales,
    TagsName,
    Verbose,
    Workers,
    echo_lines,
    make_progress,
    parse_scales,
    split,
)


@app.command(help="Masks of new photos, by the network of a run.")
def predict(
    inputs: Annotated[list[Path], typer.Argument(
        metavar="PHOTO_OR_FOLDER...", help="Photos, or folders of photos.")],
    run: RunOption, out: Out, workers: Workers, device: Device = DeviceName.AUTO,
    runtime: Runtime = "auto", long_side: LongSide = None, scales: Scales = "1",
    flip: Flip = False,
    parquet: Annotated[bool, typer.Option(
        "--parquet", help="Also write the table as predictions.parquet (extra parquet).")] = False,
    tags: Annotated[TagsName, typer.Option(
        "--tags", metavar="predicted|given", help="given: the inputs are data sets with tags, "
        "and masks only have classes among the tags of their photo.")] = TagsName.PREDICTED,
    quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Segment photos with the network of a run."""
    from tag2mask.api.predicting import predict_files
    from tag2mask.cli.closing import prediction_lines

    summary = predict_files(inputs, run=run, out=out, device=device.value, runtime=runtime,
                            long_side=long_side, scales=parse_scales(scales), flip=flip,
                            workers=workers, progress=make_progress(quiet, verbose),
                            parquet=parquet, tags=tags.value)
    echo_lines(prediction_lines(out, summary.written, summary.left_out))


@app.command(help="Where a classifier saw each class of a photo, as one picture per photo.")
def explain(
    inputs: Annotated[list[Path], typer.Argument(
        metavar="PHOTO_OR_FOLDER...", help="A photo; or several, and folders of photos.")],
    out: Annotated[Path | None, typer.Option(
        "--out", metavar="FILE.png|DIR", show_default="explained.png, or the folder explained",
        help="The picture of one photo, or the folder for several.")] = None,
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
        "--method", metavar="NAME", help="How maps are read; `tag2mask methods` lists "
        "the methods.", show_default="the run's; grad_cam for --model")] = "",
    layer: Annotated[str, typer.Option(
        "--layer", metavar="NAME,NAME", show_default="the last with places",
        help="Layers that are read.")] = "",
    picture: Annotated[str, typer.Option(
        "--picture", metavar="heat|contour", help="How maps are drawn.")] = "heat",
    long_side: Annotated[int | None, typer.Option(
        "--long-side", min=16, max=16_384, metavar="PIXELS", show_default="320",
        help="Of the photo, for --model.")] = None,
    scales: Scales = "1", flip: Flip = False, device: Device = DeviceName.AUTO,
    quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Draw activation maps of photos."""
    from tag2mask.api.predicting import explain_files
    from tag2mask.cli.closing import explanation_lines

    written, summary = explain_files(
        inputs, run=run, model=model, weights=weights, names=names, classes=split(classes),
        method=method, layers=split(layer), picture=picture, long_side=long_side,
        scales=parse_scales(scales), flip=flip, device=device.value, out=out,
        progress=make_progress(quiet, verbose))
    echo_lines(explanation_lines(inputs, written, summary.written, summary.left_out))
