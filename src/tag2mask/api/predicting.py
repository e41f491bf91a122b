"""Prediction on new photos: segmentation masks, and activation maps of a classifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from PIL import Image

from tag2mask import __version__
from tag2mask.core.contracts import InputError
from tag2mask.core.device import device_name, make_accelerator

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from tag2mask.api.run import Run
    from tag2mask.core.progress import Progress
    from tag2mask.data.given import Photo
    from tag2mask.prediction.explain import Explainer
    from tag2mask.prediction.left_out import PredictSummary
    from tag2mask.prediction.predict import Tags
    from tag2mask.prediction.segmentation import Segmentation


class ExplainOptions(TypedDict):
    """Arguments of `explain` besides the photo and where to compute and write."""

    run: str | Path | Run | None
    model: str | None
    weights: str
    names: Path | None
    classes: Sequence[str]
    method: str
    layers: Sequence[str]
    picture: str
    long_side: int | None
    scales: Sequence[float]
    flip: bool


def predict(
    photos: Photo | Sequence[Photo], *, run: str | Path | Run, out: str | Path | None = None,
    device: str = "auto", runtime: str = "auto", long_side: int | None = None,
    scales: Sequence[float] = (1.0,), flip: bool = False, workers: int = 1,
    progress: Progress | None = None, parquet: bool = False, tags: Tags = "predicted",
) -> Segmentation | list[Segmentation] | PredictSummary:
    """Segment new photos with the network of a run.

    Args:
        photos: one photo as `load_segmenter` takes it (a path, an array, a PIL image), or a list
            of them; with `out`, paths of photos and folders.
        run: the run, or its folder.
        out: output folder for `masks/`, `overlays/` and `predictions.csv`.
        device: "auto", "cpu" or "cuda".
        runtime: runtime that executes the network; see `load_segmenter`.
        long_side: long side in pixels to which photos are resized; None: as in training.
        scales: multiples of that size, whose logits are averaged.
        flip: whether to average with the mirrored photo too.
        workers: threads that read photos, with `out`.
        progress: reporter of progress; silent by default.
        parquet: also write `predictions.parquet`, with `out`.
        tags: "given" if `photos` are folders of data sets, with `out`: the network then chooses
            among the tags of each photo.

    Returns:
        Without `out`, the segmentation of the photo, or a list for a list; nothing is written.
        With `out`, the number of masks written and the photos that could not be read.

    Raises:
        InputError: the run has no network yet, or a photo cannot be read.
    """
    if out is not None:
        return predict_files(
            _paths(photos), run=run, out=out, device=device, runtime=runtime, long_side=long_side,
            scales=scales, flip=flip, workers=workers, progress=progress, parquet=parquet,
            tags=tags)
    if tags == "given":
        raise InputError("tags='given' wants folders of data sets, and out.")
    from tag2mask.prediction.segmentation import load_segmenter

    segment = load_segmenter(
        Path(run), runtime=runtime, device=device_name(device),
        long_side=long_side, scales=scales, flip=flip)
    if isinstance(photos, list | tuple):
        return [segment(photo) for photo in photos]
    return segment(cast("Photo", photos))


def predict_files(
    inputs: Sequence[Path], *, run: str | Path | Run, out: str | Path, device: str = "auto",
    runtime: str = "auto", long_side: int | None = None, scales: Sequence[float] = (1.0,),
    flip: bool = False, workers: int = 1, progress: Progress | None = None, parquet: bool = False,
    tags: Tags = "predicted",
) -> PredictSummary:
    """Segment files and folders, and write the results to a folder: `predict` with `out`."""
    from tag2mask import pipeline

    return pipeline.predict(
        inputs, run=Path(run), out=Path(out), device=device, runtime=runtime,
        long_side=long_side, scales=scales, flip=flip, workers=workers, progress=progress,
        parquet=parquet, tags=tags)


def explain(
    photo: Photo, *, run: str | Path | Run | None = None, model: str | None = None,
    weights: str = "pretrained", names: Path | None = None, classes: Sequence[str] = (),
    method: str = "", layers: Sequence[str] = (), picture: str = "heat",
    long_side: int | None = None, scales: Sequence[float] = (1.0,), flip: bool = False,
    device: str = "auto", out: str | Path | None = None, progress: Progress | None = None,
) -> Image.Image:
    """Draw a photo next to the activation maps of a classifier, one per class.

    Args:
        photo: a path, an array or a PIL image.
        run: the run that provides the classifier, or its folder.
        model: instead of a run, the name of a backbone, or "module:function", which returns the
            model.
        weights: weights of `model`: a file, or "pretrained".
        names: class names of `model`: a file with one name per line.
        classes: class names or numbers; by default the three with the highest scores.
        method: map method; `tag2mask.choices("map methods")` lists all of them. By default that of
            the run, and "grad_cam" for another model.
        layers: layers from which maps are computed; by default the last one with spatial positions.
            Refused by methods that read none by name.
        picture: "heat" or "contour".
        long_side: long side to which the photo is resized, in pixels, for `model`; 320 by
            default.
        scales: multiples of that size, whose maps are averaged.
        flip: whether to average with the maps of the mirrored photo.
        device: "auto", "cpu" or "cuda".
        out: PNG file to which the picture is written as well.
        progress: reporter of progress; silent by default.

    Raises:
        InputError: both a run and a model are given or neither, or another argument is invalid or
            would be ignored.
    """
    from tag2mask.core.files import refuse_folder
    from tag2mask.prediction.explain import save_picture

    if out is not None:
        refuse_folder(Path(out))
    _, draw = _drawing(
        run=run, model=model, weights=weights, names=names, classes=classes, method=method,
        layers=layers, picture=picture, long_side=long_side, scales=scales, flip=flip,
        device=device, progress=progress)
    drawn = draw(photo)
    if out is not None:
        save_picture(drawn, Path(out))
    return drawn


def explain_files(
    inputs: Sequence[Path], *, out: Path | None = None, device: str = "auto",
    progress: Progress | None = None, **options: Unpack[ExplainOptions],
) -> tuple[Path, PredictSummary]:
    """Draw one photo into a file, or photos and folders of photos into a folder.

    Args:
        inputs: one photo, for a file; or several, or folders.
        out: the file or folder; by default explained.png or explained.
        device: "auto", "cpu" or "cuda".
        progress: reporter of progress; silent by default.
        options: as of `explain`.

    Returns:
        `out`, and the number of pictures and the photos that could not be read.

    Raises:
        InputError: see `explain` and `explain_photos`.
    """
    from tag2mask.core.processes import agree, is_first, joined
    from tag2mask.core.progress import Progress
    from tag2mask.prediction.explain_photos import explain_photos
    from tag2mask.prediction.left_out import PredictSummary

    one = len(inputs) == 1 and not inputs[0].is_dir()
    out = out or Path("explained.png" if one else "explained")
    with joined(device=device):
        agree("version or command", "\n".join(map(str, [
            __version__, "explain", *inputs, out,
            *(f"{name} = {value}" for name, value in sorted(options.items()))])))
        if one:
            if is_first():
                explain(inputs[0], out=out, device=device, progress=progress, **options)
            return out, PredictSummary(1, [])
        explainer, draw = _drawing(device=device, progress=progress, **options)
        return out, explain_photos(
            inputs, lambda pixels, title: draw(pixels, title=title), out=out,
            depth=explainer.depth, progress=progress or Progress())


def _drawing(
    *, device: str, progress: Progress | None, **options: Unpack[ExplainOptions],
) -> tuple[Explainer, Callable[..., Image.Image]]:
    """Load the classifier; return it, and the function that draws a photo."""
    from tag2mask.prediction import explain as drawing

    run = None if options["run"] is None else Path(options["run"])
    chosen = make_accelerator(device).device
    explainer = drawing.choose_explainer(
        run=run, model=options["model"], weights=options["weights"], names=options["names"],
        long_side=options["long_side"], device=chosen)
    method = options["method"] or drawing.usual_method(run)
    if progress is not None:
        progress.say(f"Maps by {method}")
        progress.detail(f"{method} on {chosen.type}")
    return explainer, partial(
        drawing.explain_photo, explainer, classes=options["classes"], method=method,
        layers=options["layers"], picture=options["picture"], scales=options["scales"],
        flip=options["flip"])


def _paths(photos: object) -> list[Path]:
    """Return the paths of photos and folders."""
    paths: list[Path] = []
    for one in photos if isinstance(photos, list | tuple) else [photos]:
        if not isinstance(one, str | Path):
            raise InputError(f"With out=, photos are paths, not {type(one).__name__}; leave out= "
                             "out, and save what is returned.")
        paths.append(Path(one))
    return paths
