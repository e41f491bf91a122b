"""What is counted of each photo by `evaluate`, and how the counts of many add up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tag2mask.data.dataset import Photo
from tag2mask.data.masks import load_mask
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.metrics.curve_scores import CurveScores
from tag2mask.metrics.map_localisation import MapLocalisation
from tag2mask.metrics.mask_scores import MaskScores, Truth
from tag2mask.pseudo_masks import upscale
from tag2mask.pseudo_masks.levels import FACTORS, relative_scores
from tag2mask.run_folder.artifacts import RunFolder, read_planes

MAP_THRESHOLDS = np.round(np.linspace(0, 1, 51), 4)
"""At which the curve of the maps is measured."""


@dataclass(frozen=True)
class PhotoScores:
    """Counts of maps, pseudo masks and network, of one photo or of many.

    Attributes:
        maps: raw maps, by the threshold.
        localisation: raw maps, by boxes and single pixels.
        pseudo: scores over the background's, by the multiple of it from which on a class wins.
        decided: pseudo masks as the network learns from them, with 255.
        network: the network's masks.
    """

    maps: CurveScores
    localisation: MapLocalisation
    pseudo: CurveScores
    decided: ConfusionMatrix
    network: MaskScores

    @classmethod
    def none(cls, num_labels: int, *, threshold: float, factor: float) -> PhotoScores:
        """Start with nothing counted.

        Args:
            num_labels: K + 1.
            threshold: of the maps, as `sharpen` chose it.
            factor: of the scores, as `label` chose it.
        """
        return cls(
            CurveScores(num_labels, MAP_THRESHOLDS, threshold), MapLocalisation(num_labels - 1),
            CurveScores(num_labels, FACTORS, factor), ConfusionMatrix(num_labels),
            MaskScores(num_labels),
        )

    def add(self, run: RunFolder, photo: Photo) -> None:
        """Compare what a run made of a photo with its true mask."""
        labels = self.decided.num_labels
        truth = Truth.of(load_mask(photo.mask, size=None, num_labels=labels))  # type: ignore[arg-type]
        size = (truth.labels.shape[0], truth.labels.shape[1])
        maps, classes = _maps(run, photo, size)
        self.maps.add(truth, maps, classes)
        self.localisation.add(truth.labels, maps, classes)
        self.pseudo.add(truth, *relative_scores(run, photo, size))
        decided = load_mask(run.mask_file(photo.name), size=None, num_labels=labels)
        self.decided.add(truth.labels, decided)
        network = load_mask(run.prediction_file(photo.name), size=None, num_labels=labels)
        self.network.add(truth, network)

    def merge(self, other: PhotoScores) -> None:
        """Add what another one has counted."""
        self.maps.merge(other.maps)
        self.localisation.merge(other.localisation)
        self.pseudo.merge(other.pseudo)
        self.decided.merge(other.decided)
        self.network.merge(other.network)


def _maps(
    run: RunFolder, photo: Photo, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return (k, *size) maps of a photo and the (k,) classes; none where it has no tag."""
    if not photo.tags:
        return np.zeros((0, *size), np.float32), np.zeros(0, np.int64)
    stored, classes = read_planes(run.map_file(photo.name))
    return upscale(stored, size), classes
