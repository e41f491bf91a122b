"""`activate`: maps of any classifier, by any method, for all classes of a batch at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.maps.last_layer import last_spatial_layer
from tag2mask.maps.layers import layer_names, plain
from tag2mask.maps.methods import MethodEntry, find_method
from tag2mask.maps.multi_scale import multi_scale
from tag2mask.maps.normalising import normalise as normalised
from tag2mask.maps.normalising import normalise_max
from tag2mask.maps.request import Request, refuse_layers
from tag2mask.maps.targets import Classes, Target, to_indices
from tag2mask.maps.tiles import in_tiles

_MOST = 10.0
"""Upper limit of the absolute value of a normalised pixel, in standard deviations."""

_PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def activate(
    model: nn.Module,
    images: Tensor,
    *,
    method: str = "grad_cam",
    layer: str | nn.Module | Sequence[str | nn.Module] | None = None,
    classes: Classes | None = None,
    target: Target | None = None,
    normalise: str = "max",
    positive: bool = True,
    size: str = "feature",
    scales: Sequence[float] = (1.0,),
    flip: bool = False,
    tile: int | None = None,
    precision: str | None = None,
    differentiable: bool = False,
    reshape_transform: Callable[[Tensor], Tensor] | None = None,
    batch_size: int = 32,
) -> Tensor:
    """Compute one map per class for any torch classifier, without modifying it.

    Safe to call from several threads at once on one model; no hooks remain attached to it.

    Args:
        model: maps images (B, 3, H, W) to logits (B, K), or to a segmentation's (B, K, H, W);
            in evaluation mode. Compiled and data-parallel wrappers are removed first.
        images: (B, 3, H, W), normalised for the model, on its device.
        method: one of `METHODS`; the spelling of papers, as in "Grad-CAM++", is accepted too.
        layer: the layer to read, by its name in `model.named_modules()` or as the module; by
            default the last one with a spatial output. If the model calls it several times, the
            last call is read, with a warning. With several layers, each map is divided by its
            maximum and the maps are averaged at the size of the finest.
        classes: 0-based, (k,) for all images or (B, k) per image; all classes by default.
        target: explain another scalar than a class logit: maps the output to (B,) or (B, k).
            See `tag2mask.maps.region` for a region of a segmentation.
        normalise: "max" (each map divided by its largest value), "min_max" (stretched to 0..1) or
            "none".
        positive: set negative values to 0.
        size: "feature" (as read) or "image" (bilinear, at the images' size).
        scales: relative image sizes whose maps are averaged.
        flip: average with the maps of the mirrored images.
        tile: side of overlapping tiles in which larger images are read, in pixels.
        precision: "float32", "bfloat16" or "float16", by autocast; by default the autocast
            state of the caller.
        differentiable: keep the graph, so that a loss on the maps can train the model; the
            model may then be in training mode.
        reshape_transform: maps a layer's output to (B, C, h, w). By default, channels-first and
            channels-last outputs and tokens of vision transformers are recognised.
        batch_size: changed copies of an image per forward pass, for score_cam and ablation_cam.

    Returns:
        (B, k, h, w), in the order of `classes`; float32, or float64 of a float64 model.

    Raises:
        InputError: an invalid argument; a layer that does not exist, is not called, has no
            spatial output or is not read by the method; a model in training mode, or one that
            the method cannot read; images or outputs with NaN or inf.
    """
    entry, layers, model = find_method(method), layer_names(model, layer), plain(model)
    _check_images(model, images)
    _check_options(scales, size, precision)
    request = Request(
        model=model, layers=layers, named=bool(layers),
        classes=to_indices(classes, images), target=target, differentiable=differentiable,
        reshape_transform=reshape_transform, batch_size=max(1, batch_size),
    )
    _check_request(request, one_view=not flip and tuple(scales) == (1.0,))
    if not entry.reads_layers:
        refuse_layers(request, method, "the attention")
    views = _Views(scales=scales, flip=flip, tile=tile, positive=positive, whole=size == "image")
    with _modes(entry, request, images, precision):
        images = images.clone() if images.is_inference() else images
        maps = _averaged(entry, _with_layer(entry, request, images), images, views)
        maps = maps if maps.dtype == torch.float64 else maps.float()
        _check_numbers(images, maps)
        maps = normalised(maps, normalise)
    return maps if differentiable else maps.detach()


@dataclass(frozen=True, kw_only=True)
class _Views:
    """The views of the images that are read, and what becomes of their maps.

    Attributes:
        scales: sizes of the views, relative to the images.
        flip: whether each view is read mirrored too.
        tile: side of the tiles in which a view is read, in pixels; None to read it at once.
        positive: whether negative values become 0.
        whole: whether the maps get the size of the images.
    """

    scales: Sequence[float]
    flip: bool
    tile: int | None
    positive: bool
    whole: bool


def _with_layer(entry: MethodEntry, request: Request, images: Tensor) -> Request:
    """Name the last spatial layer if the method reads one and none was specified."""
    if not entry.reads_layers or request.layers:
        return request
    return replace(request, layers=(last_spatial_layer(request.model, images),))


def _averaged(entry: MethodEntry, request: Request, images: Tensor, views: _Views) -> Tensor:
    """Read all views and average their maps: (B, k, h, w), not normalised."""

    def read(view: Tensor) -> Tensor:
        maps = entry.run(request, view)
        return _amalgamated([part.clamp_min(0) for part in maps] if views.positive else maps)

    def read_tiled(view: Tensor) -> Tensor:
        return in_tiles(read, view, tile=views.tile) if views.tile else read(view)

    size = (images.shape[2], images.shape[3]) if views.whole else None
    return multi_scale(read_tiled, images, scales=views.scales, flip=views.flip, size=size)


def _amalgamated(maps: list[Tensor]) -> Tensor:
    """Average the maps of several layers, each divided by its maximum."""
    if len(maps) == 1:
        return maps[0]
    finest = max((part.shape[2:] for part in maps), key=lambda size: size[0] * size[1])
    return torch.stack([
        F.interpolate(normalise_max(part), finest, mode="bilinear", align_corners=False)
        for part in maps
    ]).mean(0)


@contextmanager
def _modes(
    entry: MethodEntry, request: Request, images: Tensor, precision: str | None
) -> Iterator[None]:
    """Enable gradients only if the method needs them, whatever the mode of the caller."""
    needed = entry.needs_gradients or request.differentiable
    device, dtype = images.device.type, _PRECISIONS.get(precision or "", torch.float32)
    lower = dtype != torch.float32
    autocast = torch.autocast(device, dtype=dtype if lower else None, enabled=lower)
    with (
        torch.inference_mode(False), torch.set_grad_enabled(needed),
        autocast if precision else nullcontext(),
    ):
        yield


def _check_images(model: nn.Module, images: Tensor) -> None:
    if images.dim() != 4 or not images.is_floating_point() or not images.numel():
        raise InputError(f"images are {tuple(images.shape)} of {images.dtype}; give (B, 3, H, W), "
                         "normalised floats.")
    mean = getattr(getattr(model, "backbone", None), "pixel_mean", None)
    if mean is not None and float(images.detach().abs().amax()) > _MOST:
        raise InputError(f"images reach {float(images.detach().abs().amax()):.0f}, so they are not "
                         "normalised; read photos with `classifier.open(photo)`.")
    own = next(model.parameters(), None)
    if own is not None and own.device != images.device:
        raise InputError(f"The images are on {images.device}, the model is on {own.device}; move "
                         "one of them.")


def _check_numbers(images: Tensor, maps: Tensor) -> None:
    if not maps.isfinite().all():
        whose = "The model's maps hold" if images.isfinite().all() else "images hold"
        raise InputError(f"{whose} NaN or inf; check the photo, the weights and the precision.")


def _check_options(scales: Sequence[float], size: str, precision: str | None) -> None:
    if size not in ("feature", "image"):
        raise InputError(f"Map size {size!r} is neither feature nor image.")
    if not scales or min(scales) <= 0:
        raise InputError("scales must be one or more numbers over 0.")
    if precision is not None and precision not in _PRECISIONS:
        raise InputError(f"Precision {precision!r} is none of {', '.join(_PRECISIONS)}.")


def _check_request(request: Request, *, one_view: bool) -> None:
    if request.target is not None and not one_view:
        raise InputError("A custom target needs scales=(1,) and flip=False.")
    if request.model.training and not request.differentiable:
        raise InputError("The model is in training mode; call model.eval() first.")
