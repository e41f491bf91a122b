"""All masks that a network finds in a photo when prompted with a grid of points.

Kirillov et al., "Segment Anything" (ICCV 2023), appendix B: masks with a high predicted IoU and an
outline that is stable under changes of the threshold are kept, and of similar masks only the best.

Differs from the paper: 16 x 16 points instead of 32 x 32, on the whole photo without crops, with a
coarse grid first; points inside a mask that was already found are skipped, which saves a third of
the time on a CPU. Masks are compared by their pixels, not by their bounding boxes, so that a ring
and its interior are both kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.data.transforms import fit_within, resize, scale_to, to_images
from tag2mask.models.backbones.module import IMAGENET_MEAN, IMAGENET_STD
from tag2mask.sharpening.sam import PointNetwork

_MARGIN = 1.0
"""Change of the threshold, in logits, for measuring the stability of a mask's outline."""

_TOGETHER = 16
"""Number of points per decoder call, which takes half a GiB."""

_STRIDES = (4, 2, 1)
"""Strides of the grids of points, coarse to fine."""

_SCENE = 0.5
"""Fraction of the photo from which a mask counts as scenery and does not exclude its points."""


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """Generates all masks of a photo with a point-prompted network.

    Attributes:
        network: the network to prompt.
        points: number of points per row and per column of the grid.
        least_iou: minimum predicted IoU of a mask, in [0, 1].
        least_stability: minimum IoU of a mask with itself at a shifted threshold, in [0, 1].
        most_alike: IoU in [0, 1] from which the lower-scored of two masks is dropped.
        long_side: long side of the masks, in pixels; at most that of the photo.
    """

    network: PointNetwork
    points: int = 16
    least_iou: float = 0.88
    least_stability: float = 0.95
    most_alike: float = 0.7
    long_side: int = 512

    @torch.inference_mode()
    def __call__(self, photo: np.ndarray, *, device: torch.device) -> np.ndarray:
        """Find the masks of a photo.

        Args:
            photo: (H, W, 3) uint8.
            device: device of the network.

        Returns:
            (M, h, w) bool, by descending predicted IoU; M may be 0.
        """
        side = self.network.side
        size = photo.shape[0], photo.shape[1]
        inner = scale_to(size, side)
        images = to_images([resize(photo, inner)], IMAGENET_MEAN, IMAGENET_STD).to(device)
        embedding = self.network.embed(F.pad(images, (0, side - inner[1], 0, side - inner[0])))
        places = _places(fit_within(size, self.long_side), inner, side).to(device)
        masks, expected = self._ask(embedding, inner, places)
        return unlike(masks, expected, self.most_alike)

    def _ask(
        self, embedding: Tensor, inner: tuple[int, int], places: Tensor
    ) -> tuple[np.ndarray, np.ndarray]:
        """Prompt with all points outside the masks so far; return masks (K, h, w), scores (K,)."""
        size = places.shape[1], places.shape[2]
        seen = np.zeros(size, bool)
        masks, expected = [np.zeros((0, *size), bool)], [np.zeros(0, np.float32)]
        points = grid(self.points)
        for start in range(0, len(points), _TOGETHER):
            some = points[start : start + _TOGETHER]
            some = some[~seen[tuple((some * size).astype(int).T)]]
            if not len(some):
                continue
            asked = torch.from_numpy((some * inner)[:, ::-1].astype(np.float32))
            found, sure = self._kept(
                *self.network.decode(embedding, asked.to(places.device)), places)
            masks.append(found.cpu().numpy())
            expected.append(sure.cpu().numpy())
            seen |= masks[-1][masks[-1].mean((1, 2)) < _SCENE].any(0)
        return np.concatenate(masks), np.concatenate(expected)

    def _kept(self, logits: Tensor, expected: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """Drop unreliable or unstable masks: (P, M, g, g) and (P, M) to (K, h, w) and (K,)."""
        sure = expected >= self.least_iou
        logits, expected = logits[sure][:, None].float(), expected[sure].float()
        planes = F.grid_sample(logits, places.expand(len(logits), -1, -1, -1), align_corners=False)
        inside, reach = ((planes > by).sum((1, 2, 3)) for by in (_MARGIN, -_MARGIN))
        masks = planes[:, 0] > 0
        stable = (inside >= self.least_stability * reach) & masks.any(2).any(1)
        return masks[stable], expected[stable]


def unlike(masks: np.ndarray, expected: np.ndarray, most_alike: float) -> np.ndarray:
    """Drop every mask that is similar to a better one.

    Args:
        masks: (M, h, w) bool.
        expected: (M,), predicted IoU of each mask.
        most_alike: IoU from which two masks are similar.

    Returns:
        (K, h, w) bool, the best first.
    """
    order = np.argsort(-expected, kind="stable")
    flat = masks[order].reshape(len(masks), np.prod(masks.shape[1:])).astype(np.float32)
    shared, areas = flat @ flat.T, flat.sum(1)
    alike = shared >= most_alike * (areas[:, None] + areas - shared)
    kept: list[int] = []
    for index in range(len(order)):
        if not alike[index, kept].any():
            kept.append(index)
    result: np.ndarray = masks[order[kept]]
    return result


def grid(count: int) -> np.ndarray:
    """Spread count x count points evenly over the unit square, every fourth row and column first.

    Returns:
        (count * count, 2) y and x in (0, 1).
    """
    rows, columns = np.divmod(np.arange(count * count), count)
    coarse = [
        np.flatnonzero((rows % stride == stride // 2) & (columns % stride == stride // 2))
        for stride in _STRIDES
    ]
    order = np.array(list(dict.fromkeys(np.concatenate(coarse).tolist())))
    places: np.ndarray = (np.stack([rows, columns], 1)[order] + 0.5) / count
    return places


def _places(size: tuple[int, int], inner: tuple[int, int], side: int) -> Tensor:
    """Return the position of each pixel of `size` in the square, which a photo fills up to `inner`.

    Returns:
        (1, h, w, 2) x and y in [-1, 1], as expected by `grid_sample`.
    """
    y, x = ((torch.arange(n) + 0.5) / n * long * 2 / side - 1
            for n, long in zip(size, inner, strict=True))
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[None]
