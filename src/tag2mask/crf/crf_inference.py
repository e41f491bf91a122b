"""Dense CRF inference: kernel presets, and mean field with numba on a CPU or torch on a GPU."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from tag2mask.crf.mean_field import mean_field, taps_of
from tag2mask.crf.permutohedral import build_lattice
from tag2mask.crf.permutohedral_torch import TorchLattice

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


def infer(
    image: np.ndarray,
    unary: np.ndarray,
    *,
    gaussian: tuple[float, float],
    bilateral: tuple[float, float, float],
    iterations: int,
    device: torch.device,
) -> np.ndarray:
    """Run the mean field of a dense CRF with Potts compatibility and symmetric normalisation.

    Args:
        image: (H, W, 3), any range.
        unary: (L, H, W) energies.
        gaussian: width and weight of the position kernel.
        bilateral: position width, colour width and weight of the bilateral kernel.
        iterations: number of iterations, 0 or more.
        device: device of the computation.

    Returns:
        (L, H, W) float32.
    """
    if len(unary) == 1:
        return np.ones(unary.shape, np.float32)
    if device.type != "cpu":
        return _on_torch(image, unary, gaussian, bilateral, iterations, device)
    features = bilateral_features(image, bilateral[0], bilateral[1])
    return mean_field(
        unary, taps_of(gaussian[0]), build_lattice(features), position_weight=gaussian[1],
        colour_weight=bilateral[2], iterations=iterations,
    )


def position_features(size: tuple[int, int], width: float) -> np.ndarray:
    """Return x and y of every pixel in units of `width`: (H * W, 2) float32."""
    y, x = np.mgrid[: size[0], : size[1]]
    return np.stack([x, y], -1).reshape(-1, 2).astype(np.float32) / np.float32(width)


def bilateral_features(image: np.ndarray, width: float, colour: float) -> np.ndarray:
    """Return x, y and the channels of every pixel, each divided by its width: (H * W, 2 + C)."""
    places = position_features((image.shape[0], image.shape[1]), width)
    colours = image.reshape(len(places), -1).astype(np.float32) / np.float32(colour)
    return np.concatenate([places, colours], 1)


def _on_torch(
    image: np.ndarray, unary: np.ndarray, gaussian: tuple[float, float],
    bilateral: tuple[float, float, float], iterations: int, device: torch.device,
) -> np.ndarray:
    size = image.shape[0], image.shape[1]
    energies = torch.from_numpy(unary).to(device).flatten(1).T.float()
    kernels = [
        (_Normalised(position_features(size, gaussian[0]), device), gaussian[1]),
        (_Normalised(bilateral_features(image, *bilateral[:2]), device), bilateral[2]),
    ]
    beliefs = (-energies).softmax(1)
    for _ in range(iterations):
        messages = sum(weight * kernel(beliefs) for kernel, weight in kernels)
        beliefs = (messages - energies).softmax(1)
    result: np.ndarray = beliefs.T.reshape(unary.shape).float().cpu().numpy()
    return result


class _Normalised:
    """A kernel with symmetric normalisation of its rows and columns."""

    def __init__(self, features: np.ndarray, device: torch.device) -> None:
        self.lattice = TorchLattice(torch.from_numpy(features).to(device))
        ones = torch.ones(len(features), 1, device=device)
        self.norm = (self.lattice.filter(ones) + 1e-20).rsqrt()

    def __call__(self, beliefs: Tensor) -> Tensor:
        return self.norm * self.lattice.filter(self.norm * beliefs)
