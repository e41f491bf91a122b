"""New photos from Python: masks of them, and what a classifier saw on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PIL import Image

from tag2mask.api.run import Run
from tag2mask.core.contracts import InputError
from tag2mask.core.device import make_accelerator

if TYPE_CHECKING:
    from tag2mask.core.progress import Progress
    from tag2mask.data.given import Photo
    from tag2mask.prediction.predict import PredictSummary
    from tag2mask.prediction.segmentation import Segmentation


def predict(
    photos: Photo | Sequence[Photo], *, run: str | Path | Run, out: str | Path | None = None,
    device: str = "auto", runtime: str = "auto", long_side: int | None = None,
    scales: Sequence[float] = (1.0,), flip: bool = False, workers: int = 1,
    progress: Progress | None = None,
) -> Segmentation | list[Segmentation] | PredictSummary:
    """Segment new photos with the network of a run.

    Args:
        photos: one photo as `load_segmenter` takes it (a path, an array, a PIL image), or a list
            of them; with `out`, paths of photos and folders.
        run: the run, or its folder.
        out: a folder that gets `masks/`, `overlays/` and `predictions.csv`.
        device: "auto", "cpu" or "cuda".
        runtime: what computes the network; see `load_segmenter`.
        long_side: of a photo when the network reads it, in pixels; None as in training.
        scales: multiples of that size, whose logits are averaged.
        flip: average with the mirrored photo too.
        workers: threads that read photos, with `out`.
        progress: reports how far it is; silent when left out.

    Returns:
        Without `out`, the segmentation of the photo, or a list for a list; nothing is written.
        With `out`, how many masks were written and which photos could not be read.

    Raises:
        InputError: the run has no network yet, or a photo cannot be read.
    """
    if out is not None:
        return predict_files(
            _paths(photos), run=run, out=out, device=device, runtime=runtime, long_side=long_side,
            scales=scales, flip=flip, workers=workers, progress=progress)
    from tag2mask.prediction.segmentation import load_segmenter

    segment = load_segmenter(
        Path(run), runtime=runtime, device=make_accelerator(device).device.type,
        long_side=long_side, scales=scales, flip=flip)
    if isinstance(photos, list | tuple):
        return [segment(photo) for photo in photos]
    return segment(cast("Photo", photos))


def predict_files(
    inputs: Sequence[Path], *, run: str | Path | Run, out: str | Path, device: str = "auto",
    runtime: str = "auto", long_side: int | None = None, scales: Sequence[float] = (1.0,),
    flip: bool = False, workers: int = 1, progress: Progress | None = None,
) -> PredictSummary:
    """Segment files and folders into a folder: `predict` with `out`."""
    from tag2mask import pipeline

    return pipeline.predict(
        inputs, run=Path(run), out=Path(out), device=device, runtime=runtime,
        long_side=long_side, scales=scales, flip=flip, workers=workers, progress=progress)


def explain(
    photo: Photo, *, run: str | Path | Run | None = None, model: str | None = None,
    weights: str = "pretrained", names: Path | None = None, classes: Sequence[str] = (),
    method: str = "grad_cam", layers: Sequence[str] = (), picture: str = "heat",
    long_side: int = 320, scales: Sequence[float] = (1.0,), flip: bool = False,
    device: str = "auto", out: str | Path | None = None, progress: Progress | None = None,
) -> Image.Image:
    """Draw a photo, and beside it where a classifier saw each class.

    Args:
        photo: a path, an array or a PIL image.
        run: the run whose classifier is read, or its folder.
        model: instead of a run, a backbone's name, or "module:function", which returns the model.
        weights: of `model`: a file, or "pretrained".
        names: of `model`'s classes: a file with one a line.
        classes: names or numbers; the three that it is surest of when left out.
        method: how maps are read; `tag2mask.choices("map methods")` lists them.
        layers: that are read; the last with places when left out.
        picture: "heat" or "contour".
        long_side: of the photo, in pixels, for `model`.
        scales: multiples of that size, whose maps are averaged.
        flip: average with the maps of the mirrored photo.
        device: "auto", "cpu" or "cuda".
        out: also write the picture to this file, as PNG.
        progress: reports what is done; silent when left out.

    Raises:
        InputError: both a run and a model are given or neither, or one of the others is wrong.
    """
    from tag2mask.core.files import refuse_folder
    from tag2mask.prediction import explain as drawing

    if out is not None:
        refuse_folder(Path(out))
    explainer = drawing.choose_explainer(
        run=None if run is None else Path(run), model=model, weights=weights, names=names,
        long_side=long_side, device=make_accelerator(device).device)
    if progress is not None:
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
