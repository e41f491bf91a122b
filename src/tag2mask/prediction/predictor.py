"""Apply a trained network to photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.core.processes import first_says
from tag2mask.core.profiling import PREDICT, work
from tag2mask.core.settings import Range
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import resize, scale_to, to_array
from tag2mask.prediction.argmax import fill_rows, labels_of, upsampled_argmax
from tag2mask.prediction.outputs import Logits
from tag2mask.prediction.runtimes import GRID, MODEL, Runtime, load_runtime, runtime_for
from tag2mask.prediction.tiles import blended_bands
from tag2mask.pseudo_masks.deciding import upscale
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.recognising import refuse_no_run
from tag2mask.run_folder.segmenter_spec import Normalisation, SegmenterSpec

if TYPE_CHECKING:
    import torch

_WHOLE = 2**20
"""The most pixels of a photo that the network reads as a whole."""

_LONGEST = 1024
"""Long side of the largest square photo with that number of pixels."""

_TILE, _OVERLAP = 512, 128
"""Side of the tiles of larger photos, and the overlap of neighbours, in pixels."""


LONG_SIDES = Range(1, 16_384)
"""Valid long sides of a photo as read by the network, in pixels."""

SCALES = Range(0.1, 8, items=(1, 16))
"""Valid multiples of that size."""


@dataclass(frozen=True, kw_only=True)
class View:
    """The scales and flips at which a photo is read.

    Attributes:
        long_side: long side of the photo as read by the network, in pixels; None for the size in
            training. Photos that are then larger than a megapixel are read in overlapping tiles.
        scales: multiples of that size, whose logits are averaged.
        flip: whether to average with the mirrored photo.
    """

    long_side: int | None = None
    scales: tuple[float, ...] = (1.0,)
    flip: bool = False

    def __post_init__(self) -> None:
        """Validate the sizes.

        Raises:
            InputError: a size is out of range, or there is no scale.
        """
        if self.long_side not in LONG_SIDES:
            raise InputError(f"A long side wants pixels {LONG_SIDES}, not {self.long_side}.")
        if self.scales not in SCALES:
            raise InputError(f"Scales are {SCALES}, as in 1,1.5; not {_joined(self.scales)}.")


@dataclass(frozen=True)
class Predictor:
    """A loaded segmentation network for photos of any size; thread-safe.

    Attributes:
        network: maps images to logits and tags in a runtime.
        spec: specification of the network, with the class names.
        view: scales and flips at which a photo is read.
    """

    network: Runtime
    spec: SegmenterSpec
    view: View = View()

    def predict_file(self, path: Path) -> np.ndarray:
        """Segment one photo from a file; see `predict`."""
        return self.predict(load_photo(path, depth=self.spec.depth))

    def predict(self, photo: np.ndarray, classes: Sequence[int] | None = None) -> np.ndarray:
        """Segment one photo.

        Args:
            photo: (H, W, 3) uint8, any size.
            classes: 0-based classes that are on the photo, so that the network only chooses among
                these and the background; None for all, of which its gate decides which there are.

        Returns:
            (H, W) uint8, 0 background, class + 1.
        """
        size, inner = self._sizes(photo)
        if inner[0] * inner[1] <= _WHOLE:
            return decided(self._logits(resize(photo, inner)), size, classes)
        labels = None if classes is None else labels_of(classes)
        mask, done, seen = np.empty(size, np.uint8), 0, resize(photo, inner)

        def tile(band: slice, columns: slice) -> np.ndarray:
            logits = self._logits(seen[band, columns])
            return logits.planes if labels is None else logits.among(labels)

        bands = blended_bands(tile, inner, tile=_TILE, overlap=_OVERLAP)
        for top, planes in bands:
            done = fill_rows(mask, done, planes, top=top, height=inner[0])
        return mask if labels is None else labels[mask]

    def predict_with_logits(self, photo: np.ndarray) -> tuple[np.ndarray, Logits]:
        """Segment one photo, and return its logits too.

        Args:
            photo: (H, W, 3) uint8, any size.

        Returns:
            (H, W) uint8 as from `predict`, and logits at the output size of the network; for
            photos read in tiles, logits of a smaller version.
        """
        size, inner = self._sizes(photo)
        if inner[0] * inner[1] > _WHOLE:
            return self.predict(photo), self._logits(resize(photo, scale_to(size, _LONGEST)))
        logits = self._logits(resize(photo, inner))
        return decided(logits, size, None), logits

    @cached_property
    def _normal(self) -> Normalisation:
        if self.spec.normalisation:
            return self.spec.normalisation
        from tag2mask.models.backbones import BACKBONES  # imports torch

        entry = BACKBONES.get(self.spec.backbone)
        return Normalisation(mean=entry.pixel_mean, std=entry.pixel_std)

    def _sizes(self, photo: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return (H, W) of the photo, and of the photo as read by the network."""
        size = (photo.shape[0], photo.shape[1])
        return size, scale_to(size, self.view.long_side or self.spec.long_side)

    def _logits(self, photo: np.ndarray) -> Logits:
        """Return the logits of a photo at working size, averaged over the scales."""
        return Logits.mean([self._at_scale(photo, scale) for scale in self.view.scales])

    def _at_scale(self, photo: np.ndarray, scale: float) -> Logits:
        """Return the logits of a photo that is rescaled for the network."""
        size = photo.shape[0], photo.shape[1]
        scaled = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        logits = self._at_once(resize(photo, scaled))
        return logits if scaled == size else replace(logits, planes=upscale(logits.planes, size))

    def _at_once(self, photo: np.ndarray) -> Logits:
        """Return the logits of a photo without rescaling or tiles."""
        photos = [photo, photo[:, ::-1]] if self.view.flip else [photo]
        height, width = photo.shape[:2]
        images = to_array(photos, self._normal.mean, self._normal.std, grid=GRID)
        with work(PREDICT):
            found = self.network(images)
        planes = found.logits[..., :height, :width]
        if self.view.flip:
            planes = np.stack([planes[0], planes[1, ..., ::-1]])
        return Logits.mean([Logits(*view) for view in zip(planes, found.passing, strict=True)])


def decided(
    logits: Logits, size: tuple[int, int], classes: Sequence[int] | None
) -> np.ndarray:
    """Return the labels of a photo of `size`, (H, W) uint8, as `Predictor.predict`."""
    if classes is None:
        return upsampled_argmax(logits.planes, size)
    labels = labels_of(classes)
    found: np.ndarray = labels[upsampled_argmax(logits.among(labels), size)]
    return found


def load_predictor(
    run: str | Path, *, runtime: str = "auto", device: str | torch.device = "cpu",
    view: View | None = None, together: int = 1,
) -> Predictor:
    """Load the trained network of a run.

    Of several processes, which load it together, the first chooses the runtime: another one may not
    see the exported network yet, and masks of two runtimes differ.

    Args:
        run: the run folder.
        runtime: "auto" or one of `RUNTIMES.names()`; see `load_runtime`.
        device: for the torch runtimes; the others compute on the CPU.
        view: scales and flips at which a photo is read; None as in training.
        together: number of threads that call it concurrently; see `load_runtime`.

    Raises:
        InputError: the folder is no run, the run has no network yet, its file is damaged, or the
            runtime is unknown.
    """
    folder = RunFolder(Path(run)).segmenter

    def choose() -> str:
        if not (folder / MODEL).exists() and not (folder / "metrics.json").exists():
            refuse_no_run(Path(run))
            raise InputError(
                f"{run} has no segmentation network yet; run `tag2mask segment {run}`.")
        return runtime_for(folder, runtime, device)

    loaded = load_runtime(folder, first_says(choose), device=device, together=together)
    return Predictor(*loaded, view or View())


def _joined(scales: tuple[float, ...]) -> str:
    return ", ".join(f"{scale:g}" for scale in scales) or "none"
