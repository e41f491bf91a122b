"""What `sharpening.py` holds ours against: a package, and literal readings of the equations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.crf.paths import half_disc
from tag2mask.crf.pixel_adaptive import DILATIONS
from tag2mask.pseudo_masks import upscale


def drawn(size: tuple[int, int], labels: int, seed: int) -> np.ndarray:
    """Draw smooth probabilities (L, *size), unsure as maps are."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0, 1.5, (labels, size[0] // 16 + 2, size[1] // 16 + 2))
    logits = upscale(coarse, size)
    powers = np.exp(logits - logits.max(0))
    probs: np.ndarray = (powers / powers.sum(0)).astype(np.float32)
    return probs


def pydensecrf(image: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """Run pydensecrf with the defaults of `dense_crf`."""
    import pydensecrf.densecrf as dcrf

    labels, height, width = probs.shape
    crf = dcrf.DenseCRF2D(width, height, labels)
    unary = -np.log(np.clip(probs, 1e-5, 1)).reshape(labels, -1).astype(np.float32)
    crf.setUnaryEnergy(np.ascontiguousarray(unary))
    crf.addPairwiseGaussian(sxy=3, compat=3)
    crf.addPairwiseBilateral(sxy=80, srgb=13, rgbim=np.array(image), compat=10)
    return np.array(crf.inference(10)).reshape(probs.shape)


def unfolded(images: Tensor, dilations: Sequence[int] = DILATIONS) -> Tensor:
    """Copy the eight neighbours at each dilation: (B, C, H, W) to (B, C, N, H, W)."""
    size = images.shape[-2:]
    found = []
    for d in dilations:
        padded = F.pad(images, (d,) * 4, mode="replicate")
        nine = F.unfold(padded, 3, dilation=d).view(*images.shape[:2], 9, *size)
        found += [nine[:, :, :4], nine[:, :, 5:]]
    return torch.cat(found, 2)


def literal_affinity(images: Tensor) -> Tensor:
    """Equation 6 of AFA as it is written: (B, 3, H, W) to (B, 1, N, H, W)."""
    near = unfolded(images)
    deviation = near.std(2, keepdim=True) + 1e-8
    colour = -((near - images.unsqueeze(2)).abs() / deviation / 0.3).square().mean(1, keepdim=True)
    ring = torch.tensor([2**0.5, 1, 2**0.5, 1, 1, 2**0.5, 1, 2**0.5])
    distance = torch.cat([d * ring for d in DILATIONS]).view(1, 1, -1, 1, 1)
    position = -(distance / (distance.std() + 1e-8) / 0.3).square()
    return colour.softmax(2) + 0.01 * position.softmax(2)


def literal_propagation(scores: Tensor, affinity: Tensor, iterations: int) -> Tensor:
    """Equation 7 as it is written, (B, L, H, W)."""
    for _ in range(iterations):
        scores = (unfolded(scores) * affinity).sum(2)
    return scores


def squared_walk(maps: np.ndarray, affinity: np.ndarray, radius: int) -> np.ndarray:
    """Walk 2 ** 8 steps by squaring the matrix of all pairs of cells, as published code does."""
    channels, height, width = maps.shape
    cells = np.arange(height * width).reshape(height, width)
    matrix = np.eye(cells.size, dtype=np.float32)
    for weights, (dy, dx) in zip(affinity, half_disc(radius), strict=True):
        here = np.s_[: height - dy, max(0, -dx) : width - max(0, dx)]
        there = np.s_[dy:, max(0, dx) : width - max(0, -dx)]
        matrix[cells[here], cells[there]] = weights[here] ** 10
        matrix[cells[there], cells[here]] = weights[here] ** 10
    power = torch.from_numpy(matrix / matrix.sum(1, keepdims=True))
    for _ in range(8):
        power = power @ power
    walked: np.ndarray = (power @ torch.from_numpy(maps.reshape(channels, -1).T)).numpy()
    return walked.T.reshape(maps.shape)
