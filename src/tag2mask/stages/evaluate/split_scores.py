"""Maps, pseudo masks and network of one split against the true masks, in one pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.metrics.reliability import Reliability
from tag2mask.run_folder.context import Context
from tag2mask.stages.evaluate import score_figures
from tag2mask.stages.evaluate.photo_scores import PhotoScores

Protocol = dict[str, Any]


class SplitScores:
    """All counts of one split, from one pass over its photos."""

    def __init__(
        self, context: Context, split: str, photos: list[Photo], about: dict[str, Any],
        calibration: Reliability | None = None,
    ) -> None:
        """Start counting.

        Args:
            context: the run.
            split: the split's name.
            photos: those of it that have a mask.
            about: what the earlier stages said about themselves, and the common protocol.
            calibration: of the network, where it was looked at already.
        """
        self._context, self._split, self._photos, self._about = context, split, photos, about
        labels = len(context.dataset.classes) + 1
        self._nothing: Callable[[], PhotoScores] = partial(PhotoScores.none, labels, about)
        self._counts = self._nothing()
        self._calibration = calibration or Reliability(labels)
        self.rows: list[list[Any]] = []

    @property
    def network(self) -> ConfusionMatrix:
        """What the network took for what."""
        return self._counts.network.confusion

    def count(self) -> None:
        """Compare every photo's masks with the truth, one photo a thread, one thread more."""
        workers = self._context.workers + 1  # this one only adds up
        with self._context.progress.stage(
            f"score {self._split}", total=len(self._photos)
        ) as bar:
            counted = read_ahead(self._one, self._photos, workers=workers, ahead=4)
            for photo, scores in zip(self._photos, counted, strict=True):
                self._counts.merge(scores)
                self._tell(photo, scores)
                bar.advance(1)

    def figures(self) -> list[dict[str, Any]]:
        """Give every figure with its protocol."""
        protocol = self._about["protocol"] | {"split": self._split, "images": len(self._photos)}
        given = protocol | {"tags": "given"}
        raw: Protocol = {"sharpening": [], "crf": False, "outside_help": []}
        sharp = {key: self._about["sharpen"].get(key, raw[key]) for key in raw}
        return [
            *self._of_maps(given | raw), *self._of_pseudo_masks(given | sharp),
            self._of_network(given | sharp),
        ]

    def curve(self) -> dict[str, Any]:
        """Give the maps' mIoU against the background threshold."""
        maps = self._counts.maps
        _, best, _ = maps.curve.best()
        return {
            "threshold": maps.curve.thresholds.round(4).tolist(),
            "miou": maps.curve.miou().round(5).tolist(),
            "area": score_figures.known(maps.curve.area()), "chosen": maps.chosen, "oracle": best,
        }

    def _of_maps(self, protocol: Protocol) -> list[dict[str, Any]]:
        maps, localisation = self._counts.maps, self._counts.localisation
        best, best_threshold, _ = maps.curve.best()
        own = self._named("maps", maps.masks.confusion.matrix, protocol, maps.chosen, False)
        return [
            own | score_figures.of_masks(maps.masks)
            | score_figures.of_maps(localisation, maps.curve),
            self._named("maps", maps.curve.confusion(best), protocol, best_threshold, True),
        ]

    def _of_pseudo_masks(self, protocol: Protocol) -> list[dict[str, Any]]:
        pseudo, decided = self._counts.pseudo, self._counts.decided
        best, factor, _ = pseudo.curve.best()
        threshold, oracle = self._counts.maps.chosen, self._mask_chosen
        named = self._named
        own = named("pseudo_masks", pseudo.masks.confusion.matrix, protocol, threshold, oracle)
        return [
            own | score_figures.of_masks(pseudo.masks),
            named("pseudo_masks", pseudo.curve.confusion(best), protocol,
                  round(threshold * factor, 4), True),
            named("pseudo_masks_decided", decided.matrix,
                  protocol | {"undecided": decided.undecided_share}, threshold, oracle),
        ]

    def _of_network(self, protocol: Protocol) -> dict[str, Any]:
        """Say also what is other for the network: it sees the photo alone, and once."""
        about, masks = self._about["segment"], self._counts.network
        own = {"tags": "predicted", "scales": [1.0], "flip": False, "model": about.get("model")}
        encoder = about.get("encoder_pretraining")
        protocol = protocol | own | ({"pretraining": encoder} if encoder else {})
        named = self._named(
            "network", masks.confusion.matrix, protocol, None, self._mask_chosen)
        return named | score_figures.of_masks(masks) | score_figures.of_calibration(
            self._calibration)

    @property
    def _mask_chosen(self) -> bool:
        return bool(self._about["label"].get("oracle"))

    def _named(
        self, what: str, confusion: np.ndarray, protocol: Protocol, threshold: float | None,
        oracle: bool,
    ) -> dict[str, Any]:
        names = ("background", *self._context.dataset.classes)
        return {
            "what": what, **score_figures.of_confusion(confusion, names),
            "threshold": threshold, "oracle": oracle, **protocol,
        }

    def _one(self, photo: Photo) -> PhotoScores:
        scores = self._nothing()
        scores.add(self._context.run, photo)
        return scores

    def _tell(self, photo: Photo, scores: PhotoScores) -> None:
        """Keep the photo's own figures, for `photos.csv`."""
        for what, own in (("network", scores.network.confusion), ("pseudo_masks", scores.decided)):
            self.rows.append([photo.name, self._split, what, f"{own.miou():.4f}"])
