"""Sharpening by a dense CRF: nearby pixels of similar colour tend to the same label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageFilter

from tag2mask.core.contracts import InputError
from tag2mask.core.profiling import COMPILE, work
from tag2mask.crf.compiling import compile_kernels
from tag2mask.crf.crf_inference import PRESETS, Kernels, infer, scaled_kernels
from tag2mask.crf.field import Field
from tag2mask.data.colours import is_grey
from tag2mask.data.noise import noise_level
from tag2mask.pseudo_masks import to_probabilities, to_scores

DEFAULT = PRESETS["irn"]
"""Kernels of the step `dense_crf` for photos in colour."""

_LEAST = 1e-5
"""Minimum probability, so that no energy is infinite."""

_CHANNELS = 3
_NOISY = 10.0
"""Deviation of the noise, in grey levels, from which grey photos are smoothed; all photos of voc12
have less at the size at which they are sharpened."""


def dense_crf(
    image: np.ndarray,
    probs: np.ndarray,
    *,
    gaussian: tuple[float, float] = (3, 3),
    bilateral: tuple[float, float, float] = (80, 13, 10),
    iterations: int = 10,
    device: str | torch.device = "cpu",
) -> np.ndarray:
    """Run the fully connected CRF of Krähenbühl and Koltun (NeurIPS 2011) over one image.

    Unary energies are minus the logarithms of `probs`; labels that differ between two pixels cost
    the weighted sum of both kernels (Potts), normalised symmetrically. The defaults are the usual
    ones for images of about 500 pixels.

    Args:
        image: (H, W, 3) or (H, W) uint8.
        probs: (L, H, W), 0 or more, summing up to 1 over the labels.
        gaussian: width in pixels and weight of the kernel over positions.
        bilateral: width in pixels, width in colour steps of 255, and weight of the kernel over
            positions and colours.
        iterations: number of mean-field iterations, 0 or more.
        device: "cpu", or a GPU.

    Returns:
        (L, H, W) float32, the marginals, summing up to 1 over the labels.

    Raises:
        InputError: an invalid type, size or range.
    """
    field = _checked_field(image, probs, gaussian, bilateral)
    return infer([field], iterations=iterations, device=torch.device(device))[0]


def _checked_field(
    image: np.ndarray, probs: np.ndarray, gaussian: tuple[float, float],
    bilateral: tuple[float, float, float],
) -> Field:
    """Return the CRF of an image, whose energies are minus the logarithms of probabilities."""
    pixels = _checked_image(image)
    probs = _numbers("probs", probs)
    _check_probs(probs, (pixels.shape[0], pixels.shape[1]))
    for name, values, count in (("gaussian", gaussian, 2), ("bilateral", bilateral, 3)):
        if np.shape(values) != (count,):
            raise InputError(f"{name} must be {count} numbers, widths and then a weight, not "
                             f"{values}.")
        if min(values[:-1]) <= 0 or not np.isfinite(values).all():
            raise InputError(f"{name} wants widths over 0, not {values}.")
    unary = np.clip(probs, _LEAST, 1, dtype=np.float32)
    np.negative(np.log(unary, out=unary), out=unary)  # new memory costs as much as a logarithm
    return Field(image=pixels, unary=unary, gaussian=gaussian, bilateral=bilateral)


def compile_for(labels: int) -> None:
    """Compile the kernels of a CRF with the given number of labels, or load them from the cache.

    Takes a few seconds on a machine's first use of each number of labels (numbers within a group,
    such as 6 to 9, share kernels). Without this call, the first CRF compiles them.
    """
    with work(COMPILE):
        compile_kernels(labels)


def _checked_image(image: np.ndarray) -> np.ndarray:
    """Return a colour or greyscale image as (H, W, 3) uint8."""
    pixels = _numbers("image", image)
    shape = pixels.shape
    if pixels.dtype != np.uint8:
        raise InputError(f"image must be uint8, 0 to 255, not {pixels.dtype}; multiply floats "
                         "of 0 to 1 by 255 and round them.")
    if pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 1):
        pixels = np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, 2)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise InputError(f"image must be (H, W, 3), not {shape}.")
    return pixels


def _numbers(name: str, given: object) -> np.ndarray:
    """Read an array, a tensor on any device or a PIL image."""
    try:
        array = np.asarray(given.detach().cpu() if isinstance(given, torch.Tensor) else given)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "buif":
        raise InputError(f"{name} is a {type(given).__name__} without numbers; give an array.")
    return array


def _check_probs(probs: np.ndarray, size: tuple[int, int]) -> None:
    if probs.ndim != 3 or probs.shape[1:] != size or not len(probs):
        wanted = f"(L, {size[0]}, {size[1]})"
        raise InputError(f"probs must be {wanted} as the image, not {probs.shape}.")
    if not (probs.min() >= 0 and probs.max() < np.inf):  # which NaN is not, nor is what holds one
        raise InputError("probs must be 0 or more, without NaN or inf.")
    if np.abs(probs.sum(0, dtype=np.result_type(probs, np.float32)) - 1).max() > 1e-2:
        raise InputError("probs must sum up to 1 over the labels; take the softmax of logits.")


@dataclass(frozen=True, kw_only=True)
class DenseCRF:
    """A dense CRF over scores, which are converted to probabilities.

    Kernel widths refer to a long side of 500 pixels and scale with the photo.
    """

    preset: str = ""
    """psa, irn or deeplab; "" is irn, and for grey photos what `_grey` describes."""
    kernels: Kernels | None = None
    """Kernels that override the preset's, in pixels for a long side of 500 pixels."""
    iterations: int = 10
    """Number of mean-field iterations."""
    colour_only: bool = False
    """Whether grey photos keep their scores."""

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Sharpen (1 + k, h, w) scores by the colours of a (h, w, 3) photo."""
        return self.many([photo], [scores], device=device)[0]

    def many(
        self, photos: Sequence[np.ndarray], scores: Sequence[np.ndarray], *, device: torch.device
    ) -> list[np.ndarray]:
        """Sharpen the scores of several photos, which a GPU computes at once."""
        sharp = list(scores)
        where = [i for i, photo in enumerate(photos) if not (self.colour_only and is_grey(photo))]
        fields = [self._field(photos[i], scores[i]) for i in where]
        for i, probs in zip(where, infer(fields, iterations=self.iterations, device=device),
                            strict=True):
            sharp[i] = to_scores(probs)
        return sharp

    def _field(self, photo: np.ndarray, scores: np.ndarray) -> Field:
        kernels = self.kernels or PRESETS.get(self.preset, DEFAULT)
        if not (self.kernels or self.preset) and is_grey(photo):
            photo, kernels = _grey(photo, kernels)
        gaussian, bilateral = scaled_kernels(kernels, max(photo.shape[:2]))
        return _checked_field(photo, to_probabilities(scores), gaussian, bilateral)


def _grey(photo: np.ndarray, kernels: Kernels) -> tuple[np.ndarray, Kernels]:
    """Give the colours of a grey photo a third of the weight, and remove strong noise.

    One channel separates objects less well than three: at full weight, labels spread along texture.
    Pixels of an object that differ by noise would not join.
    """
    near, (width, colours, weight) = kernels
    if noise_level(photo) >= _NOISY:
        photo = np.asarray(Image.fromarray(photo).filter(ImageFilter.MedianFilter(3)))
    return photo, (near, (width, colours, weight / _CHANNELS))
