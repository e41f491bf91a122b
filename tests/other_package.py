"""A package of somebody else, with one entry for every registry; never imported by tests.

`test_other_packages.py` installs it into a folder, as pip would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.data import Dataset
from tag2mask.data.readers import tags_csv
from tag2mask.maps import MethodEntry, Request, run_keeping
from tag2mask.models.backbones import BackboneEntry, BackboneModule
from tag2mask.models.heads.head import ClassHead, Head
from tag2mask.models.segmenters import Segmenter, SegmenterEntry
from tag2mask.models.segmenters.unet import UNetDecoder
from tag2mask.prediction import runtimes
from tag2mask.sharpening import SharpenerEntry
from tag2mask.strategies import Step, TrainingStrategy
from tag2mask.training.mask_losses import SeenCrops

GREY, SCALE = (127.5,) * 3, (64.0,) * 3
SHARPENED: set[str] = set()


class Net(BackboneModule):
    """Three strided convolutions."""

    channels, strides, output_stride = (8, 16, 24), (2, 4, 8), 8
    pixel_mean, pixel_std = GREY, SCALE

    def __init__(self) -> None:
        """Draw the weights."""
        super().__init__()
        widths = (3, *self.channels)
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 3, 2, 1) for before, after in pairwise(widths)
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return three features."""
        features = [images]
        for layer in self.layers:
            features.append(F.relu(layer(features[-1])))
        return features[1:]

    def freeze(self, blocks: int) -> None:
        """Have nothing to freeze."""


BACKBONE = BackboneEntry(
    build=lambda output_stride: Net(), pretraining="nothing", pixel_mean=GREY, pixel_std=SCALE,
    output_stride=8, early_blocks=0,
)


class OtherHead(ClassHead):
    """A head that reads maps in its own way."""

    def read(self, features: list[Tensor], images: Tensor, classes: Tensor | None) -> Tensor:
        """Return half of the evidence."""
        evidence: Tensor = self(features)
        return evidence / 2


class Strategy(TrainingStrategy):
    """Everything about a strategy in one class: a head of its own, and a loss on top."""

    paper, idea, cost, brings_head = "nobody, 2026", "keeps evidence small", "1", True

    def build_head(self, channels: int, num_classes: int) -> Head:
        """Build its head."""
        return OtherHead(channels, num_classes)

    def extra_loss(self, views: Sequence[Step]) -> Tensor:
        """Keep evidence small."""
        return 1e-3 * views[0].evidence.square().mean()


def strongest(request: Request, images: Tensor) -> list[Tensor]:
    """Return the mean of the channels, for every class."""
    output, grids = run_keeping(request, images)
    count = request.score(output).shape[1]
    return [kept.grid.mean(1, keepdim=True).expand(-1, count, -1, -1) for kept in grids]


METHOD = MethodEntry(run=strongest, about="the mean of all channels")


class Smoother:
    """A sharpener that does the opposite."""

    def __call__(
        self, photo: np.ndarray, scores: np.ndarray, *, device: torch.device, name: str = ""
    ) -> np.ndarray:
        """Mix scores with their mean."""
        SHARPENED.add(name)
        return (0.9 * scores + 0.1 * scores.mean((1, 2), keepdims=True)).astype(np.float32)


SHARPENER = SharpenerEntry(build=Smoother)


def build(encoder: BackboneModule, num_labels: int) -> Segmenter:
    """Build a small U-Net."""
    decoder = UNetDecoder(encoder.channels, (8, 8, 8))
    return Segmenter(encoder, decoder, num_labels, coarse=True)


SEGMENTER = SegmenterEntry(build=build, backbone=None, about="a small U-Net")


def loss(logits: Tensor, seen: SeenCrops) -> Tensor:
    """Score the labels at the logits' resolution."""
    labels = F.interpolate(seen.masks[:, None].float(), logits.shape[2:], mode="nearest")[:, 0]
    return F.cross_entropy(logits.float(), labels.long(), ignore_index=255)


RUNTIME = partial(runtimes.RUNTIMES.get("torch"))


class Layout:
    """A data set that says that it is one."""

    LOOKS_FOR = "a file other.txt that names the folder of a tags.csv"

    def fits(self, root: Path) -> bool:
        """Look for the file."""
        return (root / "other.txt").exists()

    def read(self, root: Path) -> Dataset:
        """Read the folder that it names."""
        inside = root / (root / "other.txt").read_text(encoding="utf-8").strip()
        return replace(tags_csv.read(inside), layout="other_layout")


LAYOUT = Layout()
FORMAT = object()
