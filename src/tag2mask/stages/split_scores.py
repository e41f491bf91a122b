"""Maps, pseudo masks and network of one split against the true masks, in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tag2mask.data.artifacts import read_planes
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.masks import load_mask
from tag2mask.evaluation.confusion import ConfusionMatrix, iou_of, mean_of_known
from tag2mask.evaluation.thresholds import ThresholdCurve
from tag2mask.pseudo_masks import upscale
from tag2mask.segmentation.predictor import Predictor
from tag2mask.stages.context import Context
from tag2mask.stages.scores import FACTORS, relative_scores

MAP_THRESHOLDS = np.round(np.linspace(0, 0.98, 50), 4)
"""Where the curve of the maps is measured."""


@dataclass(frozen=True)
class _Scored:
    """What one photo's masks are compared by."""

    photo: Photo
    truth: np.ndarray
    maps: np.ndarray
    classes: np.ndarray
    relative: np.ndarray
    decided: np.ndarray


class SplitScores:
    """All counts of one split, from one pass over its photos."""

    def __init__(
        self, context: Context, split: str, photos: list[Photo], about: dict[str, Any]
    ) -> None:
        """Start counting.

        Args:
            context: the run.
            split: the split's name.
            photos: those of it that have a mask.
            about: what the earlier stages said about themselves, and the common protocol.
        """
        self._context, self._split, self._photos, self._about = context, split, photos, about
        labels = len(context.dataset.classes) + 1
        chosen = float(about["sharpen"].get("threshold", 0.5))
        self._maps = ThresholdCurve(labels, _including(MAP_THRESHOLDS, chosen))
        self._chosen = ThresholdCurve(labels, [chosen])
        self._factor = float(about["label"].get("factor", 1.0))
        self._pseudo = ThresholdCurve(labels, [self._factor])
        self._pseudo_curve = ThresholdCurve(labels, _including(FACTORS, self._factor))
        self._decided = ConfusionMatrix(labels)
        self.network = ConfusionMatrix(labels)
        self.rows: list[list[Any]] = []

    def count(self, predictor: Predictor) -> None:
        """Compare every photo's masks with the truth, reading ahead."""
        workers = self._context.workers
        with self._context.progress.stage(
            f"score {self._split}", total=len(self._photos)
        ) as bar:
            for scored in read_ahead(self._read, self._photos, workers=workers, ahead=4):
                self._count(scored, self._network_mask(scored.photo, predictor))
                bar.advance(1)

    def figures(self) -> list[dict[str, Any]]:
        """Give every figure with its protocol."""
        protocol = self._about["protocol"] | {"split": self._split, "images": len(self._photos)}
        given = protocol | {"tags": "given"}
        best, best_threshold, _ = self._maps.best()
        factor_index, factor, _ = self._pseudo_curve.best()
        mask_chosen = bool(self._about["label"].get("oracle"))
        threshold = float(self._chosen.thresholds[0])
        raw: dict[str, Any] = {"sharpening": [], "crf": False, "outside_help": []}
        sharp = {key: self._about["sharpen"].get(key, raw[key]) for key in raw}
        name = self._named
        return [
            name("maps", self._chosen.confusion(0), given | raw, threshold, False),
            name("maps", self._maps.confusion(best), given | raw, best_threshold, True),
            name("pseudo_masks", self._pseudo.confusion(0), given | sharp, threshold, mask_chosen),
            name("pseudo_masks", self._pseudo_curve.confusion(factor_index), given | sharp,
                 round(threshold * factor, 4), True),
            name("pseudo_masks_decided", self._decided.matrix,
                 given | sharp | {"undecided": self._decided.undecided_share}, threshold,
                 mask_chosen),
            name("network", self.network.matrix, given | sharp | self._network_protocol(), None,
                 mask_chosen),
        ]

    def _network_protocol(self) -> dict[str, Any]:
        """Say what is other for the network: it sees the photo alone, and once."""
        about = self._about["segment"]
        own = {"tags": "predicted", "scales": [1.0], "flip": False, "model": about.get("model")}
        encoder = about.get("encoder_pretraining")
        return own | ({"pretraining": encoder} if encoder else {})

    def curve(self) -> dict[str, Any]:
        """Give the maps' mIoU against the background threshold."""
        _, best, _ = self._maps.best()
        return {
            "threshold": self._maps.thresholds.round(4).tolist(),
            "miou": self._maps.miou().round(5).tolist(),
            "chosen": float(self._chosen.thresholds[0]), "oracle": best,
        }

    def _named(
        self, what: str, confusion: np.ndarray, protocol: dict[str, Any],
        threshold: float | None, oracle: bool,
    ) -> dict[str, Any]:
        iou = iou_of(confusion)
        names = ("background", *self._context.dataset.classes)
        right, found = np.trace(confusion[1:, 1:]), confusion[:, 1:].sum()
        truly = confusion[1:].sum()
        return {
            "what": what, "miou": known(float(mean_of_known(iou))),
            "iou": {n: known(v) for n, v in zip(names, iou, strict=True)},
            "precision": known(right / found if found else np.nan),
            "recall": known(right / truly if truly else np.nan),
            "threshold": threshold, "oracle": oracle, **protocol,
        }

    def _read(self, photo: Photo) -> _Scored:
        labels = len(self._context.dataset.classes) + 1
        truth = load_mask(photo.mask, size=None, num_labels=labels)  # type: ignore[arg-type]
        size = (truth.shape[0], truth.shape[1])
        run = self._context.run
        maps, classes = np.zeros((0, *size), np.float32), np.zeros(0, np.int64)
        if photo.tags:
            stored, classes = read_planes(run.map_file(photo.name))
            maps = upscale(stored, size)
        relative, _ = relative_scores(run, photo, size)
        decided = load_mask(run.mask_file(photo.name), size=None, num_labels=labels)
        return _Scored(photo, truth, maps, classes, relative, decided)

    def _network_mask(self, photo: Photo, predictor: Predictor) -> np.ndarray:
        """Read the network's mask where it has been written already, as for held-out photos."""
        path = self._context.run.prediction_file(photo.name)
        if path.exists():
            return load_mask(path, size=None, num_labels=self.network.num_labels)
        return predictor.predict_file(photo.path)

    def _count(self, scored: _Scored, network: np.ndarray) -> None:
        truth = scored.truth
        for curve in (self._maps, self._chosen):
            curve.add(truth, scored.maps, scored.classes)
        for curve in (self._pseudo, self._pseudo_curve):
            curve.add(truth, scored.relative, scored.classes)
        self._decided.add(truth, scored.decided)
        self.network.add(truth, network)
        for what, mask in (("network", network), ("pseudo_masks", scored.decided)):
            single = ConfusionMatrix(self.network.num_labels)
            single.add(truth, mask)
            self.rows.append([scored.photo.name, self._split, what, f"{single.miou():.4f}"])


def _including(grid: np.ndarray, chosen: float) -> np.ndarray:
    """Put the chosen threshold among those tried, so that the best is never worse than it."""
    return np.unique(np.append(grid, chosen).astype(np.float32)).astype(np.float64)


def known(value: float) -> float | None:
    """Round a figure; None where it is no number, which JSON does not have."""
    return None if np.isnan(value) else round(float(value), 5)
