"""Prediction on new photos: segmentation masks, and activation maps of a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.core.device import device_name, make_accelerator

if TYPE_CHECKING:
    from tag2mask.api.run import Run
    from tag2mask.core.progress import Progress
    from tag2mask.data.given import Photo
    from tag2mask.prediction.predict import PredictSummary
    from tag2mask.prediction.segmentation import Segmentation


def predict(
    photos: Photo | Sequence[Photo], *, run: str | Path | Run, out: str | Path | None = None,
    device: str = "auto", runtime: str = "auto", long_side: int | None = None,
    scales: Sequence[float] = (1.0,), flip: bool = False, workers: int = 1,
    progress: Progress | None = None, parquet: bool = False,
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

    Returns:
        Without `out`, the segmentation of the photo, or a list for a list; nothing is written.
        With `out`, the number of masks written and the photos that could not be read.

    Raises:
        InputError: the run has no network yet, or a photo cannot be read.
    """
    if out is not None:
        return predict_files(
            _paths(photos), run=run, out=out, device=device, runtime=runtime, long_side=long_side,
            scales=scales, flip=flip, workers=workers, progress=progress, parquet=parquet)
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
) -> PredictSummary:
    """Segment files and folders, and write the results to a folder: `predict` with `out`."""
    from tag2mask import pipeline

    return pipeline.predict(
        inputs, run=Path(run), out=Path(out), device=device, runtime=runtime,
        long_side=long_side, scales=scales, flip=flip, workers=workers, progress=progress,
        parquet=parquet)


def explain(
    photo: Photo, *, run: str | Path | Run | None = None, model: str | None = None,
    weights: str = "pretrained", names: Path | None = None, classes: Sequence[str] = (),
    method: str = "", layers: Sequence[str] = (), picture: str = "heat",
    long_side: int = 320, scales: Sequence[float] = (1.0,), flip: bool = False,
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
        picture: "heat" or "contour".
        long_side: long side to which the photo is resized, in pixels, for `model`.
        scales: multiples of that size, whose maps are averaged.
        flip: whether to average with the maps of the mirrored photo.
        device: "auto", "cpu" or "cuda".
        out: PNG file to which the picture is written as well.
        progress: reporter of progress; silent by default.

    Raises:
        InputError: both a run and a model are given or neither, or another argument is invalid.
    """
    from tag2mask.core.files import refuse_folder
    from tag2mask.prediction import explain as drawing

    if out is not None:
        refuse_folder(Path(out))
    explainer = drawing.choose_explainer(
        run=None if run is None else Path(run), model=model, weights=weights, names=names,
        long_side=long_side, device=make_accelerator(device).device)
    method = method or drawing.usual_method(None if run is None else Path(run))
    if progress is not None:
        progress.say(f"Maps by {method}")
        progress.detail(f"{method} on {make_accelerator(device).device.type}")
    drawn = drawing.explain_photo(
        explainer, photo, classes=classes, method=method, layers=layers, picture=picture,
        scales=scales, flip=flip)
    if out is not None:
        drawing.save_picture(drawn, Path(out))
    return drawn


def _paths(photos: object) -> list[Path]:
    """Return the paths of photos and folders."""
    paths: list[Path] = []
    for one in photos if isinstance(photos, list | tuple) else [photos]:
        if not isinstance(one, str | Path):
            raise InputError(f"With out=, photos are paths, not {type(one).__name__}; leave out= "
                             "out, and save what is returned.")
        paths.append(Path(one))
    return paths
