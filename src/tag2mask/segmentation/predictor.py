"""A trained network on new photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.backbones import backbone_entry
from tag2mask.contracts import InputError
from tag2mask.data.artifacts import RunFolder
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import resize, scale_to, to_images
from tag2mask.segmentation.export import GRID
from tag2mask.segmentation.runtimes import MODEL, Runtime, load_runtime
from tag2mask.segmentation.saving import SegmenterSpec

_STRIP = 2**18
"""Pixels of a large photo that are decided at a time: memory must not grow with its area."""


@dataclass(frozen=True)
class Predictor:
    """A segmentation network ready for photos of any size.

    Attributes:
        network: maps images to logits, in some runtime.
        spec: how it was built, with the class names.
    """

    network: Runtime
    spec: SegmenterSpec

    def predict_file(self, path: Path) -> np.ndarray:
        """Segment one photo from a file; see `predict`."""
        return self.predict(load_photo(path))

    def predict(self, photo: np.ndarray) -> np.ndarray:
        """Segment one photo.

        Args:
            photo: (H, W, 3) uint8, any size.

        Returns:
            (H, W) uint8, 0 background, class + 1.
        """
        size = (photo.shape[0], photo.shape[1])
        inner = scale_to(size, self.spec.long_side)
        return _largest(self._logits(resize(photo, inner)), size)

    def _logits(self, photo: np.ndarray) -> np.ndarray:
        """Return (K + 1, h, w) logits of a photo at working size."""
        entry = backbone_entry(self.spec.backbone)
        images = to_images([photo], entry.pixel_mean, entry.pixel_std)
        height, width = images.shape[-2:]
        padded = F.pad(images, (0, -width % GRID, 0, -height % GRID))
        result: np.ndarray = self.network(padded.numpy())[0, :, :height, :width]
        return result


def load_predictor(
    run: str | Path, *, runtime: str = "onnx", device: str | torch.device = "cpu"
) -> Predictor:
    """Load the trained network of a run.

    Args:
        run: the run folder.
        runtime: one of `runtime_names()`.
        device: for the torch runtime; the others compute on the CPU.

    Raises:
        InputError: the run has no network yet, its file is damaged, or no runtime is called so.
    """
    folder = RunFolder(Path(run)).segmenter
    if not (folder / MODEL).exists():
        raise InputError(f"{run} has no segmentation network yet; run `tag2mask segment {run}`.")
    return Predictor(*load_runtime(folder, runtime, device=device))


def _largest(logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bring logits to `size` and take the largest, strip by strip."""
    planes = torch.from_numpy(np.ascontiguousarray(logits))[None]
    if size[0] * size[1] <= 4 * _STRIP:
        full = F.interpolate(planes, size, mode="bilinear", align_corners=False)
        result: np.ndarray = full[0].argmax(0).to(torch.uint8).numpy()
        return result
    wide = F.interpolate(planes, (logits.shape[1], size[1]), mode="bilinear", align_corners=False)
    rows = (np.arange(size[0]) + 0.5) * logits.shape[1] / size[0] - 0.5
    rows = rows.clip(0, logits.shape[1] - 1)
    mask = np.empty(size, np.uint8)
    step = max(1, _STRIP // size[1])
    for start in range(0, size[0], step):
        here = rows[start : start + step]
        low = np.floor(here).astype(int)
        high = np.minimum(low + 1, logits.shape[1] - 1)
        share = torch.from_numpy((here - low).astype(np.float32))[None, :, None]
        strip = wide[0][:, low] * (1 - share) + wide[0][:, high] * share
        mask[start : start + step] = strip.argmax(0).to(torch.uint8).numpy()
    return mask
