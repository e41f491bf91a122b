"""Draw a photo and the activation maps of its classes in one picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from tag2mask.core.contracts import InputError, nearest
from tag2mask.core.files import atomic_path, refuse_folder
from tag2mask.data.depth import DepthRule
from tag2mask.data.given import Photo, as_photo
from tag2mask.data.readers.names import read_text
from tag2mask.data.transforms import resize, scale_to, to_images
from tag2mask.maps import activate
from tag2mask.maps.targets import logits_of
from tag2mask.models.backbones.module import IMAGENET_MEAN, IMAGENET_STD
from tag2mask.models.classifiers.classifier import Classifier
from tag2mask.models.classifiers.foreign import PublishedClassifier, load_foreign
from tag2mask.pictures.overlays import contours, grid, heat
from tag2mask.run_folder.context import read_about, read_record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import ActivateAbout
from tag2mask.strategies.loading import load_classifier

PICTURES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "heat": heat, "contour": contours,
}
"""Ways to draw a map over its photo."""

_LONG_SIDE = 320
"""Default long side of the photos for a foreign classifier, in pixels."""

_SHOWN = 3
"""Default number of classes: those with the highest logits."""


@dataclass(frozen=True, kw_only=True)
class Explainer:
    """A classifier, with the parameters for preprocessing a photo.

    Attributes:
        model: maps images to logits, in evaluation mode.
        names: names of the classes.
        long_side: long side of the photo as read by the classifier, in pixels.
        pixel_mean: mean of each channel, subtracted from pixels in 0..255.
        pixel_std: standard deviation of each channel, by which pixels are then divided.
        depth: how photos of more than 8 bits are read; None measures each photo separately.
    """

    model: nn.Module
    names: tuple[str, ...]
    long_side: int
    pixel_mean: tuple[float, ...] = IMAGENET_MEAN
    pixel_std: tuple[float, ...] = IMAGENET_STD
    depth: DepthRule | None = None


def choose_explainer(
    *, run: Path | None, model: str | None, weights: str, names: Path | None,
    long_side: int | None, device: str | torch.device = "cpu",
) -> Explainer:
    """Load the classifier of a run or a foreign one, whichever is given.

    Args:
        run: the run.
        model: the foreign classifier; see `explainer_of_foreign`.
        weights: of `model`.
        names: of `model`.
        long_side: of photos for `model`, in pixels; None for the default.
        device: where the classifier runs.

    Raises:
        InputError: both or neither are given, or options of a foreign one with a run.
    """
    if run is not None and model is None:
        _refuse_foreign_options(weights, names, long_side)
        return explainer_of_run(run, device=device)
    if model is not None and run is None:
        foreign = explainer_of_foreign(model, weights, names=names,
                                       long_side=long_side or _LONG_SIDE)
        foreign.model.to(device)
        return foreign
    raise InputError("Name either --run RUN or --model NAME with --weights FILE.")


def _refuse_foreign_options(weights: str, names: Path | None, long_side: int | None) -> None:
    given = [option for option, differs in [
        ("--weights", weights != "pretrained"), ("--names", names is not None),
        ("--long-side", long_side is not None)] if differs]
    if given:
        raise InputError(f"{' and '.join(given)} would be ignored with --run, whose classifier has "
                         "its own; leave it out, or name --model.")


def usual_method(run: str | Path | None) -> str:
    """Return the map method of a run, or grad_cam without one, and before maps were read."""
    if run is not None:
        folder = RunFolder(Path(run))
        record = read_record(folder, ActivateAbout.stage)
        if record and record.done:
            return read_about(folder, ActivateAbout).method
    return "grad_cam"


def explainer_of_run(run: str | Path, *, device: str | torch.device = "cpu") -> Explainer:
    """Load the classifier of a run.

    Raises:
        InputError: the run has no classifier yet.
    """
    classifier: Classifier = load_classifier(run, device=device)
    backbone = classifier.backbone
    return Explainer(
        model=classifier, names=classifier.spec.classes, long_side=classifier.spec.long_side,
        pixel_mean=backbone.pixel_mean, pixel_std=backbone.pixel_std,
        depth=classifier.spec.depth,
    )


def explainer_of_foreign(
    model: str, weights: str, *, names: Path | None = None, long_side: int = _LONG_SIDE
) -> Explainer:
    """Load a classifier that was not trained by tag2mask.

    Args:
        model: a backbone's name, or "module:function".
        weights: a file, or "pretrained".
        names: file with the names of the classes, one per line; without it, numbers from 0.
        long_side: long side of the photo as read by the classifier, in pixels.

    Raises:
        InputError: a file does not exist, or model and weights do not match.
    """
    classifier = load_foreign(model, weights)
    if names is not None and not names.is_file():
        raise InputError(f"The file of class names {names} does not exist; write the "
                          "classes into it, one a line, or leave --names out.")
    own_names = tuple(read_text(names).splitlines()) if names else ()
    if isinstance(classifier, PublishedClassifier):
        backbone = classifier.backbone
        return Explainer(model=classifier, names=own_names, long_side=long_side,
                         pixel_mean=backbone.pixel_mean, pixel_std=backbone.pixel_std)
    return Explainer(model=classifier, names=own_names, long_side=long_side)


def explain_photo(
    explainer: Explainer, photo: Photo, *, classes: Sequence[str] = (), method: str = "grad_cam",
    layers: Sequence[str] = (), picture: str = "heat", scales: Sequence[float] = (1.0,),
    flip: bool = False, reshape_transform: Callable[[torch.Tensor], torch.Tensor] | None = None,
    title: str = "",
) -> Image.Image:
    """Draw a photo and the map of each class side by side, with name and logit as titles.

    Args:
        explainer: the classifier.
        photo: the photo, as `load_segmenter` takes it.
        classes: names, or numbers from 0; by default those with the highest scores.
        method: one of `tag2mask.maps.METHODS`.
        layers: names of the layers to read; by default the last layer with spatial positions.
        picture: one of `PICTURES`.
        scales: sizes of the photo whose maps are averaged.
        flip: average with the maps of the mirrored photo.
        reshape_transform: turns a layer's output into (B, C, h, w); see `activate`.
        title: stands over the photo; by default the name of its file.

    Raises:
        InputError: the photo, a class, the method or a layer does not exist.
    """
    if picture not in PICTURES:
        raise InputError(f"Picture {picture!r} is none of {', '.join(PICTURES)}.")
    pixels = as_photo(photo, depth=explainer.depth)
    pixels = resize(pixels, scale_to((pixels.shape[0], pixels.shape[1]), explainer.long_side))
    images = to_images([pixels], explainer.pixel_mean, explainer.pixel_std)
    images = images.to(next((p.device for p in explainer.model.parameters()), images.device))
    with torch.inference_mode():
        logits = logits_of(explainer.model(images))[0]
    if logits.dim() != 1:
        raise InputError(f"The model gives {tuple(logits.shape)} per photo; explain wants a "
                         "classifier, one logit per class.")
    names = explainer.names or tuple(map(str, range(len(logits))))
    if len(names) != len(logits):
        raise InputError(f"There are {len(names)} class names for {len(logits)} classes.")
    wanted = [_index(name, names) for name in classes] or _surest(logits)
    maps = activate(explainer.model, images, method=method, layer=layers, classes=wanted,
                    scales=scales, flip=flip,
                    reshape_transform=reshape_transform)[0].cpu().numpy()
    draw = PICTURES[picture]
    pictures = [pixels, *(draw(pixels, plane) for plane in maps)]
    name = Path(photo).name if isinstance(photo, str | Path) else "photo"
    titles = [title or name, *(f"{names[index]}  {_sure(logits, index)}" for index in wanted)]
    return grid([pictures], titles=titles, cell=320)


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a PNG atomically.

    Raises:
        InputError: `path` is a folder or cannot be written.
    """
    refuse_folder(path)
    with atomic_path(path) as temporary:
        picture.save(temporary, format="PNG")


def _index(name: str, names: Sequence[str]) -> int:
    if name in names:
        return names.index(name)
    if re.fullmatch(r"\d{1,9}", name) and int(name) < len(names):
        return int(name)
    raise InputError(f"There is no class {name!r}; did you mean {nearest(name, names[:100])}?")


def _surest(logits: torch.Tensor) -> list[int]:
    best: list[int] = logits.topk(min(_SHOWN, len(logits))).indices.tolist()
    return best


def _sure(logits: torch.Tensor, index: int) -> str:
    """Format a logit as a number; its meaning depends on the model."""
    return np.format_float_positional(float(logits[index]), precision=2, trim="0")
