"""Counts that `evaluate` computes for each photo, and their sums."""

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
from tag2mask.pseudo_masks.specks import find_specks
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import LabelAbout

MAP_THRESHOLDS = np.round(np.linspace(0, 1, 51), 4)
"""Thresholds of the curve of the maps."""


@dataclass(frozen=True)
class PhotoScores:
    """Counts for maps, pseudo masks and network, over one photo or several.

    Attributes:
        maps: counts of the raw maps by threshold.
        localisation: counts of the raw maps for boxes and single pixels.
        pseudo: counts of the scores, by the multiple of the background's score that a class has to
            exceed.
        decided: counts of the pseudo masks used for training, including 255.
        network: counts of the network's masks.
    """

    maps: CurveScores
    localisation: MapLocalisation
    pseudo: CurveScores
    decided: ConfusionMatrix
    network: MaskScores

    @classmethod
    def none(cls, num_labels: int, *, threshold: float, factor: float) -> PhotoScores:
        """Initialise with zero counts.

        Args:
            num_labels: K + 1.
            threshold: threshold of the maps, chosen by `sharpen`.
            factor: factor of the scores, chosen by `label`.
        """
        return cls(
            CurveScores(num_labels, MAP_THRESHOLDS, threshold), MapLocalisation(num_labels - 1),
            CurveScores(num_labels, FACTORS, factor), ConfusionMatrix(num_labels),
            MaskScores(num_labels),
        )

    def add(self, run: RunFolder, photo: Photo, label: LabelAbout) -> None:
        """Add the counts of one photo, comparing the results of a run with its true mask."""
        labels = self.decided.num_labels
        truth = Truth.of(load_mask(photo.mask, size=None, num_labels=labels))  # type: ignore[arg-type]
        size = (truth.labels.shape[0], truth.labels.shape[1])
        maps, classes = _maps(run, photo, size)
        self.maps.add(truth, maps, classes)
        self.localisation.add(truth.labels, maps, classes)
        ratios, tags = relative_scores(run, photo, size)
        if not (photo.annotation and photo.annotation.kinds):
            ratios[:, find_specks(ratios, label.factor, label.specks)] = 0
        self.pseudo.add(truth, ratios, tags)
        decided = load_mask(run.mask_file(photo.name), size=None, num_labels=labels)
        self.decided.add(truth.labels, decided)
        network = load_mask(run.prediction_file(photo.name), size=None, num_labels=labels)
        self.network.add(truth, network)

    def merge(self, other: PhotoScores) -> None:
        """Add the counts of another `PhotoScores`."""
        self.maps.merge(other.maps)
        self.localisation.merge(other.localisation)
        self.pseudo.merge(other.pseudo)
        self.decided.merge(other.decided)
        self.network.merge(other.network)


def _maps(
    run: RunFolder, photo: Photo, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the maps of a photo, (k, *size), and their (k,) classes; k is 0 without tags."""
    if not photo.tags:
        return np.zeros((0, *size), np.float32), np.zeros(0, np.int64)
    stored, classes = read_planes(run.map_file(photo.name))
    return upscale(stored, size), classes
