"""Saliency as a prior: salient pixels are foreground, all others background.

A prior from another task, trained on masks of other photos: figures that it touches say so.
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
from tag2mask.data.depth import FULL_RANGE
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import resize, to_images
from tag2mask.models.backbones.hub import fetch
from tag2mask.models.backbones.module import IMAGENET_MEAN, IMAGENET_STD

_SIDE = 320
"""Of the square that U2-Net reads (Qin et al., Pattern Recognition 2020)."""
_LEAST = 0.05
"""How far the prior alone can rule a label out."""

Prior = Callable[[np.ndarray, str], np.ndarray | None]
"""Gives (h, w) in [0, 1] of a photo (h, w, 3) and its name; None where it has none."""


@dataclass(frozen=True, kw_only=True)
class Saliency:
    """Scores times what saliency says of them, as powers that add up to one.

    Attributes:
        source: a folder of grey pictures named as the photos, a U2-Net as an .onnx file, or one on
            the model hub as OWNER/REPO/FILE.onnx.
        weight: of the saliency's opinion, in [0, 1].
        missing: names of the photos that had no prior and kept their scores.
    """

    source: str
    weight: float = 0.5
    missing: set[str] = field(default_factory=set)

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Weigh (1 + k, h, w) scores by the saliency of the photo (h, w, 3) called `name`."""
        salient = self.prior(photo, name)
        if salient is None:
            self.missing.add(name)
            return scores
        opinion = np.concatenate([1 - salient[None], salient[None].repeat(len(scores) - 1, 0)])
        result: np.ndarray = scores ** (1 - self.weight) * opinion.clip(_LEAST, 1) ** self.weight
        return result.astype(np.float32)

    @cached_property
    def prior(self) -> Prior:
        """Open the source.

        Raises:
            InputError: there is no such folder, file or public file.
        """
        if Path(self.source).is_dir():
            return _of_folder(Path(self.source))
        path = Path(self.source)
        if not path.exists() and path.suffix == ".onnx" and self.source.count("/") == 2:
            owner, repo, file = self.source.split("/")
            path = fetch(
                f"{owner}/{repo}", file, instead="set sharpen.saliency to the file"
            )
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
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # photos are worked on side by side
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
