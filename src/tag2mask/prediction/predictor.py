"""A trained network on new photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.core.settings import Range
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import resize, scale_to, to_images
from tag2mask.models.backbones import BACKBONES
from tag2mask.models.segmenters.saving import SegmenterSpec
from tag2mask.prediction.argmax import fill_rows, upsampled_argmax
from tag2mask.prediction.runtimes import GRID, MODEL, Runtime, load_runtime
from tag2mask.prediction.tiles import blended_bands
from tag2mask.pseudo_masks import upscale
from tag2mask.run_folder.folder import RunFolder

_WHOLE = 2**20
"""Pixels up to which the network reads a photo at once."""

_LONGEST = 1024
"""Long side up to which no photo has more than that many pixels."""

_TILE, _OVERLAP = 512, 128
"""Side of what it reads of a larger one, and what neighbours share, in pixels."""


LONG_SIDES = Range(1, 16_384)
"""Of a photo when the network reads it, in pixels."""

SCALES = Range(0.1, 8, items=(1, 16))
"""Multiples of that size."""


@dataclass(frozen=True, kw_only=True)
class View:
    """The sizes and mirrorings at which a photo is read.

    Attributes:
        long_side: of the photo when it is read, in pixels; None as in training. What is larger
            than a megapixel then is read in overlapping tiles.
        scales: multiples of that size, whose logits are averaged.
        flip: average with the mirrored photo too.
    """

    long_side: int | None = None
    scales: tuple[float, ...] = (1.0,)
    flip: bool = False

    def __post_init__(self) -> None:
        """Refuse what no photo can be read at.

        Raises:
            InputError: a size of nothing, or no scale.
        """
        if self.long_side not in LONG_SIDES:
            raise InputError(f"A long side wants pixels {LONG_SIDES}, not {self.long_side}.")
        if self.scales not in SCALES:
            raise InputError(f"Scales are {SCALES}, as in 1,1.5; not {_joined(self.scales)}.")


@dataclass(frozen=True)
class Predictor:
    """A segmentation network ready for photos of any size, from several threads.

    Attributes:
        network: maps images to logits, in some runtime.
        spec: how it was built, with the class names.
        view: sizes and mirrorings at which a photo is read.
    """

    network: Runtime
    spec: SegmenterSpec
    view: View = View()

    def predict_file(self, path: Path) -> np.ndarray:
        """Segment one photo from a file; see `predict`."""
        return self.predict(load_photo(path, depth=self.spec.depth))

    def predict(self, photo: np.ndarray) -> np.ndarray:
        """Segment one photo.

        Args:
            photo: (H, W, 3) uint8, any size.

        Returns:
            (H, W) uint8, 0 background, class + 1.
        """
        size, inner = self._sizes(photo)
        if inner[0] * inner[1] <= _WHOLE:
            return self.predict_with_logits(photo)[0]
        mask, done, seen = np.empty(size, np.uint8), 0, resize(photo, inner)
        bands = blended_bands(
            lambda rows, columns: self._logits(seen[rows, columns]), inner,
            tile=_TILE, overlap=_OVERLAP,
        )
        for top, planes in bands:
            done = fill_rows(mask, done, planes, top=top, height=inner[0])
        return mask

    def predict_with_logits(self, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Segment one photo and say what the network thought.

        Args:
            photo: (H, W, 3) uint8, any size.

        Returns:
            (H, W) uint8 as of `predict`, and (K + 1, h, w) float32 logits at the network's own
            size; of a photo that is read in tiles, logits of it made smaller.
        """
        size, inner = self._sizes(photo)
        if inner[0] * inner[1] > _WHOLE:
            return self.predict(photo), self._logits(resize(photo, scale_to(size, _LONGEST)))
        logits = self._logits(resize(photo, inner))
        return upsampled_argmax(logits, size), logits

    def _sizes(self, photo: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return (H, W) of the photo and of what the network reads of it."""
        size = (photo.shape[0], photo.shape[1])
        return size, scale_to(size, self.view.long_side or self.spec.long_side)

    def _logits(self, photo: np.ndarray) -> np.ndarray:
        """Return (K + 1, h, w) logits of a photo at working size, averaged over the scales."""
        first, *others = (self._at_scale(photo, scale) for scale in self.view.scales)
        result: np.ndarray = np.mean([first, *others], 0) if others else first
        return result

    def _at_scale(self, photo: np.ndarray, scale: float) -> np.ndarray:
        """Return (K + 1, h, w) logits of a photo that the network reads larger or smaller."""
        size = photo.shape[0], photo.shape[1]
        scaled = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        logits = self._at_once(resize(photo, scaled))
        return logits if scaled == size else upscale(logits, size)

    def _at_once(self, photo: np.ndarray) -> np.ndarray:
        """Return (K + 1, h, w) logits of a photo that the network reads as it is."""
        entry = BACKBONES.get(self.spec.backbone)
        photos = [photo, photo[:, ::-1]] if self.view.flip else [photo]
        images = to_images(photos, entry.pixel_mean, entry.pixel_std)
        height, width = images.shape[-2:]
        padded = F.pad(images, (0, -width % GRID, 0, -height % GRID))
        logits = self.network(padded.numpy())[..., :height, :width]
        if self.view.flip:
            logits = (logits[:1] + logits[1:, ..., ::-1]) / 2
        result: np.ndarray = logits[0]
        return result


def load_predictor(
    run: str | Path, *, runtime: str = "auto", device: str | torch.device = "cpu",
    view: View | None = None, together: int = 1,
) -> Predictor:
    """Load the trained network of a run.

    Args:
        run: the run folder.
        runtime: "auto" or one of `RUNTIMES.names()`; see `load_runtime`.
        device: for the torch runtimes; the others compute on the CPU.
        view: sizes and mirrorings at which a photo is read; None as in training.
        together: threads that will ask at once; see `load_runtime`.

    Raises:
        InputError: the run has no network yet, its file is damaged, or no runtime is called so.
    """
    folder = RunFolder(Path(run)).segmenter
    if not (folder / MODEL).exists() and not (folder / "metrics.json").exists():
        raise InputError(f"{run} has no segmentation network yet; run `tag2mask segment {run}`.")
    loaded = load_runtime(folder, runtime, device=device, together=together)
    return Predictor(*loaded, view or View())


def _joined(scales: tuple[float, ...]) -> str:
    return ", ".join(f"{scale:g}" for scale in scales) or "none"
