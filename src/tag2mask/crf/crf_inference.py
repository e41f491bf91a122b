"""Dense CRF inference: kernel presets, and mean field with numba on a CPU or torch on a GPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from tag2mask.core.contracts import InputError
from tag2mask.crf.field import Field
from tag2mask.crf.mean_field import mean_field, taps_of
from tag2mask.crf.mean_field_torch import mean_field_torch
from tag2mask.crf.permutohedral import build_lattice

Kernels = tuple[tuple[float, float], tuple[float, float, float]]
"""`gaussian` and `bilateral` of `infer`."""

PRESETS: dict[str, Kernels] = {
    "psa": ((3, 3), (80, 13, 10)),
    "irn": ((3, 3), (50, 5, 10)),
    "deeplab": ((1, 3), (67, 3, 4)),
}
"""Kernel widths and weights of published code, for photos with a long side of 500 pixels:
AffinityNet (Ahn & Kwak, CVPR 2018), IRNet (Ahn et al., CVPR 2019), DeepLab (Chen et al., 2018)."""

_PIXELS = 500
"""Long side of a photo, in pixels, for which the widths of the presets are defined."""


def preset_kernels(preset: str, long_side: int) -> Kernels:
    """Return `gaussian` and `bilateral` of a preset, scaled to the size of a photo.

    Args:
        preset: a key of `PRESETS`.
        long_side: long side of the photo in pixels; the widths are proportional to it.
    """
    return scaled_kernels(PRESETS[preset], long_side)


def scaled_kernels(kernels: Kernels, long_side: int) -> Kernels:
    """Scale kernels defined for a long side of 500 pixels to another long side, in pixels."""
    scale = long_side / _PIXELS
    (near, weight), (far, colour, colour_weight) = kernels
    return (near * scale, weight), (far * scale, colour, colour_weight)


def infer(fields: Sequence[Field], *, iterations: int, device: torch.device) -> list[np.ndarray]:
    """Run the mean field of dense CRFs with Potts compatibility and symmetric normalisation.

    Args:
        fields: the photos; a GPU computes all of them at once, a CPU one after the other.
        iterations: number of iterations, 0 or more.
        device: device of the computation.

    Returns:
        per photo (L, H, W) float32.

    Raises:
        InputError: an invalid number of iterations.
    """
    if iterations < 0 or int(iterations) != iterations:
        raise InputError(f"iterations must be a whole number, 0 or more, not {iterations}.")
    if not fields:
        return []
    if device.type != "cpu":
        return mean_field_torch(fields, iterations=iterations, device=device)
    return [_on_cpu(field, iterations) for field in fields]


def _on_cpu(field: Field, iterations: int) -> np.ndarray:
    if len(field.unary) == 1:
        return np.ones(field.unary.shape, np.float32)
    width, weight = field.gaussian
    return mean_field(
        field.unary, taps_of(width), build_lattice(field.colours()), position_weight=weight,
        colour_weight=field.bilateral[2], iterations=iterations,
    )
