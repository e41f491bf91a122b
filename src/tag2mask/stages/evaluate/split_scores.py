"""Compare maps, pseudo masks and network with the true masks of a split, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from tag2mask.core.processes import interleaved, own
from tag2mask.core.progress import Bar
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.metrics.reliability import Reliability
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import Curve, Figure, FigureProtocol
from tag2mask.stages.evaluate import score_figures
from tag2mask.stages.evaluate.earlier import Earlier
from tag2mask.stages.evaluate.photo_scores import PhotoScores


class SplitScores:
    """All counts of one split, from one pass over its photos."""

    def __init__(
        self, context: Context, split: str, photos: list[Photo], earlier: Earlier,
        calibration: Reliability | None = None, among: ConfusionMatrix | None = None,
    ) -> None:
        """Initialise with zero counts.

        Args:
            context: the run.
            split: the split's name.
            photos: the photos of the split that have a mask.
            earlier: records of the earlier stages.
            calibration: counts for the calibration of the network, if available.
            among: counts of the network's masks among the tags of each photo, if available.
        """
        self._context, self._split, self._photos, self._earlier = context, split, photos, earlier
        labels = len(context.dataset.classes) + 1
        self._nothing: Callable[[], PhotoScores] = partial(
            PhotoScores.none, labels, threshold=earlier.sharpen.threshold,
            factor=earlier.label.factor,
        )
        self._counts = self._nothing()
        self._calibration, self._among = calibration or Reliability(labels), among
        self.rows: list[list[str]] = []

    @property
    def network(self) -> ConfusionMatrix:
        """The confusion matrix of the network."""
        return self._counts.network.confusion

    def count(self) -> None:
        """Compare the masks of all photos with the true masks, one photo per thread."""
        with self._context.progress.stage(
            f"score {self._split}", total=len(self._photos), shared=True
        ) as bar:
            counted = interleaved(self._of_own_photos(bar))
            for photo, scores in zip(self._photos, counted, strict=True):
                self._counts.merge(scores)
                self._add_rows(photo, scores)

    def figures(self) -> list[Figure]:
        """Return every figure with its protocol."""
        sharp = self._earlier.sharpened(self._split, len(self._photos))
        raw = replace(sharp, sharpening=(), crf=False, outside_help=(), oracle=False)
        return [*self._of_maps(raw), *self._of_pseudo_masks(sharp), *self._of_network(sharp)]

    def curve(self) -> Curve:
        """Return the maps' mIoU against the background threshold."""
        return score_figures.of_curve(self._counts.maps)

    def _of_maps(self, protocol: FigureProtocol) -> list[Figure]:
        maps, localisation = self._counts.maps, self._counts.localisation
        best, threshold, _ = maps.curve.best()
        own = self._figure("maps", maps.masks.confusion.matrix, protocol, maps.chosen)
        return [
            replace(own, masks=score_figures.of_masks(maps.masks),
                    maps=score_figures.of_maps(localisation, maps.curve)),
            self._figure("maps", maps.curve.confusion(best), replace(protocol, oracle=True),
                         threshold),
        ]

    def _of_pseudo_masks(self, protocol: FigureProtocol) -> list[Figure]:
        pseudo, decided = self._counts.pseudo, self._counts.decided
        best, factor, _ = pseudo.curve.best()
        threshold = self._counts.maps.chosen
        own = self._figure("pseudo_masks", pseudo.masks.confusion.matrix, protocol, threshold)
        sure = self._figure("pseudo_masks_decided", decided.matrix, protocol, threshold)
        return [
            replace(own, masks=score_figures.of_masks(pseudo.masks)),
            self._figure("pseudo_masks", pseudo.curve.confusion(best),
                         replace(protocol, oracle=True), round(threshold * factor, 4)),
            replace(sure, undecided=decided.undecided_share),
        ]

    def _of_network(self, protocol: FigureProtocol) -> list[Figure]:
        """Return the figures of the network, which reads each photo once: alone, and with tags."""
        about, masks = self._earlier.segment, self._counts.network
        alone = replace(protocol, tags="predicted", scales=(1.0,), flip=False,
                        pretraining=about.encoder_pretraining or protocol.pretraining)
        network = replace(
            self._figure("network", masks.confusion.matrix, alone, None), model=about.model,
            masks=score_figures.of_masks(masks),
            calibration=score_figures.of_calibration(self._calibration),
        )
        if self._among is None:
            return [network]
        given = replace(alone, tags="given")
        figure = self._figure("network_tags", self._among.matrix, given, None)
        return [network, replace(figure, model=about.model)]

    def _figure(
        self, what: str, confusion: np.ndarray, protocol: FigureProtocol, threshold: float | None
    ) -> Figure:
        names = ("background", *self._context.dataset.classes)
        scores = score_figures.of_confusion(confusion, names)
        return Figure(what=what, threshold=threshold, **vars(scores), **vars(protocol))

    def _of_own_photos(self, bar: Bar) -> Iterator[PhotoScores]:
        workers = self._context.workers + 1  # this one only adds up
        for scores in read_ahead(self._one, own(self._photos), workers=workers, ahead=4):
            bar.advance(1)
            yield scores

    def _one(self, photo: Photo) -> PhotoScores:
        scores = self._nothing()
        scores.add(self._context.run, photo, self._earlier.label)
        return scores

    def _add_rows(self, photo: Photo, scores: PhotoScores) -> None:
        """Add the scores of a photo to the rows of `photos.csv`."""
        tables = ("network", scores.network.confusion), ("pseudo_masks", scores.decided)
        for what, table in tables:
            self.rows.append([photo.name, self._split, what, f"{table.miou():.4f}"])
