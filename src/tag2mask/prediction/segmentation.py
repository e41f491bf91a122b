"""A trained network as a function from photos to segmentations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.given import Photo, as_photo
from tag2mask.data.masks import save_mask
from tag2mask.data.transforms import fit_within, resize
from tag2mask.pictures.overlays import overlay
from tag2mask.prediction.hub_networks import local_network
from tag2mask.prediction.predictor import Predictor, View, load_predictor

_OVERLAY_SIDE = 1600
"""Long side of an overlay, in pixels: for viewing, not for measuring."""



@dataclass(frozen=True)
class Segmentation:
    """The segmentation of one photo.

    Attributes:
        photo: (H, W, 3) uint8.
        mask: (H, W) uint8, 0 background, class + 1.
        classes: names of labels 1, 2, ...
    """

    photo: np.ndarray
    mask: np.ndarray
    classes: tuple[str, ...]

    @property
    def shares(self) -> dict[str, float]:
        """The share of the photo covered by each class that occurs, largest first."""
        return mask_shares(self.mask, self.classes)

    def plot(self) -> Image.Image:
        """Return the photo with the mask and the class names over it."""
        size = fit_within((self.photo.shape[0], self.photo.shape[1]), _OVERLAY_SIDE)
        small = resize(self.photo, size)
        mask = resize(self.mask, size, nearest=True)
        return Image.fromarray(overlay(small, mask, classes=self.classes))

    def save(self, path: str | Path) -> Path:
        """Write the mask as a palette PNG, at the photo's own size.

        Raises:
            InputError: the suffix is that of another format, which would change the labels.
        """
        if Path(path).suffix.lower() not in ("", ".png"):
            raise InputError(f"A mask is saved as PNG, which keeps its labels; name it "
                             f"{Path(path).with_suffix('.png')}.")
        save_mask(Path(path), self.mask, num_labels=len(self.classes) + 1)
        return Path(path)


@dataclass(frozen=True)
class LoadedSegmenter:
    """The network of a run; call it with a photo."""

    predictor: Predictor

    def __call__(self, photo: Photo) -> Segmentation:
        """Segment one photo.

        Args:
            photo: a file, a PIL image, or an array or tensor in RGB (not OpenCV's BGR): (H, W),
                (H, W, 3) or (H, W, 4), or with the channels first; uint8, uint16, or floats of
                0 to 1 or 0 to 255. If the training photos had more than 8 bits, values other
                than uint8 are read by the same rule.

        Raises:
            InputError: the photo is not one of these, or there are several photos at once.
        """
        return self.among(photo, None)

    def among(self, photo: Photo, classes: Sequence[int] | None) -> Segmentation:
        """Segment one photo whose tags are known.

        Args:
            photo: as when called.
            classes: 0-based classes that may be on the photo; None for all.

        Raises:
            InputError: as when called.
        """
        pixels = as_photo(photo, depth=self.predictor.spec.depth)
        mask = self.predictor.predict(pixels, classes)
        return Segmentation(pixels, mask, self.predictor.spec.classes)


def mask_shares(mask: np.ndarray, classes: Sequence[str]) -> dict[str, float]:
    """Return the share of a mask covered by each class that occurs, largest first."""
    counts = np.bincount(mask.ravel(), minlength=256)[1 : len(classes) + 1]
    shares = zip(classes, (counts / mask.size).tolist(), strict=True)
    return dict(sorted(((n, s) for n, s in shares if s), key=lambda pair: -pair[1]))


def load_segmenter(
    run: str | Path, *, runtime: str = "auto", device: str = "cpu", long_side: int | None = None,
    scales: Sequence[float] = (1.0,), flip: bool = False, together: int = 1,
) -> LoadedSegmenter:
    """Load the segmentation network of a run.

    Args:
        run: the run folder, a folder written by `push`, or "hf://USER/NAME" on the model hub.
        runtime: "onnx", "torch", "compiled" (torch, for many photos), "openvino",
            "torch_bfloat16" or "openvino_bfloat16"; "auto" is torch on a GPU, and on a CPU the
            fastest whose masks were found to agree with float32.
        device: "cpu" or "cuda"; for the torch runtimes.
        long_side: long side of the photo as read by the network, in pixels; None for the size in
            training. Photos that are then larger than a megapixel are read in overlapping tiles.
        scales: multiples of that size, whose logits are averaged.
        flip: whether to average with the mirrored photo.
        together: number of threads that call it concurrently, each with its share of the cores.

    Raises:
        InputError: the run has no network yet, the runtime is not available, or the sizes are
            invalid.
    """
    view = View(long_side=long_side, scales=tuple(scales), flip=flip)
    folder = local_network(run)
    return LoadedSegmenter(
        load_predictor(folder, runtime=runtime, device=device, view=view, together=together)
    )
