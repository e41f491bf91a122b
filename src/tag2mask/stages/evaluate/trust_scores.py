"""Estimate the trust in each pseudo mask without true masks, and measure its reliability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.core.contracts import BACKGROUND
from tag2mask.core.processes.late_files import await_file
from tag2mask.data.annotations import load_constraint
from tag2mask.data.damage import reading
from tag2mask.data.dataset import Photo
from tag2mask.metrics import mask_trust
from tag2mask.metrics.confusion import ConfusionMatrix, Figures
from tag2mask.metrics.rank_correlation import equal_bins, rank_correlation
from tag2mask.metrics.winners import Winners
from tag2mask.prediction.argmax import upsampled_argmax
from tag2mask.prediction.confidence import softmax
from tag2mask.pseudo_masks import upscale
from tag2mask.pseudo_masks.levels import Levels
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import RankAgreement, TrustFigures
from tag2mask.run_folder.tables import read_table, write_table
from tag2mask.stages.evaluate.earlier import Earlier

SMALLER = 0.7
"""Share of the foreground left by a second threshold, which tests whether the mask is stable.
Larger masks are not tested: after a CRF most of the background has the same score, so a lower
threshold adds all of it or nothing."""

CUES = ("agreement", "stability", "maps", "network", "tag", "area")
HEADER = ["image", "split", "class", "trust", *CUES]


@dataclass(frozen=True)
class TrustRow:
    """The trust in one photo or one of its classes, and the true IoU, NaN without a true mask."""

    photo: Photo
    name: str
    trust: float
    cues: tuple[float, ...]
    truth: float


class TrustScores:
    """Trust in the mask of each photo, added photo by photo and sorted in ascending order."""

    def __init__(self, context: Context, earlier: Earlier) -> None:
        """Compute the levels at which scores are thresholded.

        Args:
            context: the run.
            earlier: records of the earlier stages.
        """
        self._context, self._earlier = context, earlier
        run, tagged = context.run, [photo for photo in context.dataset.photos if photo.tags]
        train = [photo for photo in tagged if photo.split == "train"]
        levels = Levels(train or tagged, run.sharp_file)
        self._level = earlier.label.factor
        self._smaller = levels.above(SMALLER * levels.share(self._level))
        self._threshold = earlier.sharpen.threshold
        table = run.classifier / "tags.csv"
        await_file(table)
        with reading(table, f"run `tag2mask classify {run.root}`"):
            self._tags = {row.pop("image"): {name: float(cell) for name, cell in row.items()}
                          for row in read_table(table)}
        self._rows: list[TrustRow] = []

    def add(self, rows: Sequence[TrustRow]) -> None:
        """Add the rows of a photo."""
        self._rows += rows

    def rows_of(
        self, photo: Photo, pseudo: np.ndarray, logits: np.ndarray, true: np.ndarray | None
    ) -> list[TrustRow]:
        """Estimate the trust in the mask of one photo; [] for a photo without a tag.

        Args:
            photo: a photo of the run.
            pseudo: (H, W) uint8, its pseudo mask, which is only compared with the true mask.
            logits: (K + 1, h, w) logits of the network.
            true: (H, W) uint8, its true mask; None if there is none.
        """
        if not photo.tags:
            return []
        classes, cues = self._cues(photo, logits)
        truth = self._truth(true, pseudo, classes)
        whole = {cue: mask_trust.photo_mean(values) for cue, values in cues.items()}
        whole |= {"tag": float(cues["tag"][1:].min()), "area": float(1 - cues["area"][0])}
        rows = [_row(photo, "", whole, truth[0])]
        for place, label in enumerate(classes, 1):
            own = {cue: float(np.nan_to_num(values[place])) for cue, values in cues.items()}
            rows.append(_row(photo, self._context.dataset.classes[label], own, truth[place]))
        return rows

    def write(self) -> None:
        """Write `trust.csv`: photos in ascending order, then classes likewise."""
        rows = sorted(self._rows, key=lambda row: (row.name != "", row.trust))
        write_table(self._context.run.trust, HEADER, [
            [row.photo.name, row.photo.split, row.name, f"{row.trust:.4f}",
             *(f"{cue:.4f}" for cue in row.cues)]
            for row in rows
        ])

    def figures(self) -> dict[str, TrustFigures]:
        """Compare trust with the true IoU for each split; {} if there are no true masks."""
        known = [row for row in self._rows if not np.isnan(row.truth)]
        splits = dict.fromkeys(row.photo.split for row in known)
        return {split: self._of_split(split, known) for split in splits}

    def _of_split(self, split: str, known: Sequence[TrustRow]) -> TrustFigures:
        rows = [row for row in known if row.photo.split == split]
        photos = [row for row in rows if not row.name]
        bins = equal_bins(*_columns(photos))
        return TrustFigures(
            **vars(self._earlier.protocol(split, len(photos))),
            photos=_agreement(photos), classes=_agreement([row for row in rows if row.name]),
            bins=tuple((round(score, 5), round(truth, 5), number) for score, truth, number in bins),
            measure="Spearman's rank correlation of trust with the true IoU of the pseudo masks, "
                    "undecided pixels left out: per photo with the mean over its labels, per class "
                    "with that of the class on the photo",
        )

    def _cues(self, photo: Photo, logits: np.ndarray) -> tuple[list[int], dict[str, Figures]]:
        """Return the classes of the photo and each cue, (1 + k,), at the size of the scores."""
        scores, found = read_planes(self._context.run.sharp_file(photo.name))
        classes = [int(label) for label in found]
        own, size = [BACKGROUND, *(label + 1 for label in classes)], scores.shape[1:]
        relative = scores[1:].astype(np.float32) / np.maximum(scores[:1], 1e-6)
        winners = Winners.of(relative, found)
        mask, smaller = winners.mask(self._level), winners.mask(self._smaller)
        maps, order = read_planes(self._context.run.map_file(photo.name))
        mapped = Winners.of(upscale(maps, size), order).mask(self._threshold)
        certain = self._certain(photo, (size[0], size[1]))
        tags = self._tags.get(photo.name, {})
        names = self._context.dataset.classes
        return classes, {
            "agreement": mask_trust.soft_iou(mask, own, mask_trust.settled_probabilities(
                softmax(upscale(logits[own], size)), own, certain)),
            "stability": mask_trust.label_iou(mask, smaller, own),
            "maps": mask_trust.label_iou(mask, mask_trust.settled(mapped, certain), own),
            "network": mask_trust.label_iou(
                mask, mask_trust.settled(upsampled_argmax(logits, size), certain), own),
            "tag": np.array([1.0, *(float(tags.get(names[label], 1)) for label in classes)]),
            "area": np.array([(mask == label).mean() for label in own]),
        }

    def _certain(self, photo: Photo, size: tuple[int, int]) -> np.ndarray | None:
        """Return the annotated labels, 255 elsewhere; None if the photo has none."""
        constraint = load_constraint(photo, len(self._context.dataset.classes) + 1)
        return None if constraint is None else constraint.at(size).certain

    def _truth(
        self, true: np.ndarray | None, pseudo: np.ndarray, classes: Sequence[int]
    ) -> list[float]:
        """Return the true IoU of the photo and of each of its classes; NaN without a true mask."""
        if true is None:
            return [float("nan")] * (1 + len(classes))
        table = ConfusionMatrix(len(self._context.dataset.classes) + 1)
        table.add(true, pseudo)
        return [table.miou(), *(float(table.iou()[label + 1]) for label in classes)]


def _row(photo: Photo, name: str, cues: dict[str, float], truth: float) -> TrustRow:
    pair = np.array([cues["agreement"]]), np.array([cues["stability"]])
    trust = float(mask_trust.trust(*pair)[0])
    return TrustRow(photo, name, trust, tuple(cues[cue] for cue in CUES), truth)


def _columns(rows: Sequence[TrustRow]) -> tuple[Figures, Figures]:
    return np.array([row.trust for row in rows]), np.array([row.truth for row in rows])


def _agreement(rows: Sequence[TrustRow]) -> RankAgreement:
    rho = rank_correlation(*_columns(rows))
    return RankAgreement(number=len(rows), spearman=None if np.isnan(rho) else round(rho, 4))
