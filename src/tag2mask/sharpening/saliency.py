"""Saliency as a prior: salient pixels are foreground, all others background.

The prior comes from another task and was trained on masks of other photos; results that use it are
marked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.core.onnx_sessions import session_options
from tag2mask.data.depth import FULL_RANGE
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import resize, to_images
from tag2mask.models.backbones.module import IMAGENET_MEAN, IMAGENET_STD
from tag2mask.sharpening.saliency_weights import local_file

_SIDE = 320
"""Side of the square input of U2-Net (Qin et al., Pattern Recognition 2020), in pixels."""
_LEAST = 0.05
"""Minimum value of the prior, so that it alone cannot exclude a label."""

Prior = Callable[[np.ndarray, str], np.ndarray | None]
"""Maps a photo (h, w, 3) and its name to saliency (h, w) in [0, 1]; None if unavailable."""


@dataclass(frozen=True, kw_only=True)
class Saliency:
    """Weighted geometric mean of scores and saliency.

    Attributes:
        source: a folder of greyscale images named like the photos, a U2-Net as an .onnx file, or
            one on the model hub as OWNER/REPO/FILE.onnx.
        weight: exponent of the saliency, in [0, 1]; that of the scores is 1 - weight.
        missing: names of the photos that had no prior and kept their scores.
    """

    source: str
    weight: float = 0.5
    missing: set[str] = field(default_factory=set)

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Weight scores (1 + k, h, w) by the saliency of the photo (h, w, 3) called `name`."""
        salient = self.prior(photo, name)
        if salient is None:
            self.missing.add(name)
            return scores
        return self.weigh(scores, salient)

    def weigh(self, scores: np.ndarray, salient: np.ndarray) -> np.ndarray:
        """Weight scores (1 + k, h, w) by a prior (h, w) in [0, 1]."""
        opinion = np.concatenate([1 - salient[None], salient[None].repeat(len(scores) - 1, 0)])
        result: np.ndarray = scores ** (1 - self.weight) * opinion.clip(_LEAST, 1) ** self.weight
        return result.astype(np.float32)

    @cached_property
    def prior(self) -> Prior:
        """Open the source.

        Raises:
            InputError: the folder, file or public file does not exist.
        """
        if Path(self.source).is_dir():
            return _of_folder(Path(self.source))
        path = local_file(self.source)
        if not path.is_file():
            raise InputError(
                f"sharpen.saliency: {self.source!r} is no folder of saliency maps and no .onnx "
                "file; give one of both."
            )
        return _of_network(path)


def _of_folder(folder: Path) -> Prior:
    found = {path.stem: path for path in sorted(folder.rglob("*")) if path.is_file()}

    def read(photo: np.ndarray, name: str) -> np.ndarray | None:
        path = found.get(Path(name).name)
        if path is None:
            return None
        try:
            # Not by the range in use: a map that says "nothing" must stay dark.
            depth = None if path.suffix.lower() in (".tif", ".tiff") else FULL_RANGE
            grey = load_photo(path, depth=depth).mean(2)
        except InputError:
            return None  # damaged; counted with those that are not there
        return _brought_to(grey / 255, (photo.shape[0], photo.shape[1]))

    return read


def _of_network(path: Path) -> Prior:
    options = session_options(1)  # photos are processed in parallel
    try:
        session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # bytes that are no network make it raise nearly anything
        raise InputError(f"{path} is no ONNX network that can be read.") from error
    name_in = session.get_inputs()[0].name

    def read(photo: np.ndarray, name: str) -> np.ndarray:
        small = resize(photo, (_SIDE, _SIDE)).astype(np.float32)
        small *= 255 / max(1.0, float(small.max()))
        images = to_images([small], IMAGENET_MEAN, IMAGENET_STD).numpy()
        found = session.run(None, {name_in: images})[0][0, 0]
        spread = found - found.min()
        return _brought_to(spread / max(1e-6, spread.max()), (photo.shape[0], photo.shape[1]))

    return read


def _brought_to(grey: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    picture = Image.fromarray(grey.astype(np.float32))
    result = np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BILINEAR))
    return result.clip(0, 1)
