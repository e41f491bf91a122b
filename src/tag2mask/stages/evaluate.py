"""Score maps, pseudo masks and network where true masks exist, each figure with its protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tag2mask import __version__
from tag2mask.data.artifacts import read_planes, write_json, write_table
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.masks import load_mask, save_mask
from tag2mask.evaluation.confusion import ConfusionMatrix, iou_of, mean_of_known
from tag2mask.evaluation.thresholds import ThresholdCurve
from tag2mask.pseudo_masks import upscale
from tag2mask.segmentation.predictor import Predictor, load_predictor
from tag2mask.stages import STAGES
from tag2mask.stages.context import Context, Record, record_file
from tag2mask.stages.scores import FACTORS, relative_scores

MAP_THRESHOLDS = np.round(np.linspace(0, 0.98, 50), 4)
"""Where the curve of the maps is measured."""


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """What is scored."""

    splits: tuple[str, ...] = ("train", "val", "test")
    """Of these splits, those that have masks."""


@dataclass(frozen=True)
class _Scored:
    """What one photo's masks are compared by."""

    photo: Photo
    truth: np.ndarray
    maps: np.ndarray
    classes: np.ndarray
    relative: np.ndarray
    decided: np.ndarray


def evaluate(context: Context, config: EvaluateConfig, record: Record) -> None:
    """Write `metrics.json`, `photos.csv`, and the network's own masks of held-out photos."""
    predictor = load_predictor(context.run.root)
    about = _abouts(context)
    figures: list[dict[str, Any]] = []
    extra: dict[str, Any] = {"curves": {}, "confusion": {}, "agreement": {}}
    rows: list[list[Any]] = []
    for split in config.splits:
        photos = context.dataset.split(split)
        if split != "train":
            extra["agreement"] |= _predict_split(context, split, photos, predictor)
        masked = [photo for photo in photos if photo.mask]
        if masked:
            scores = _SplitScores(context, split, masked, about)
            scores.count(predictor)
            figures += scores.figures()
            extra["curves"][f"maps/{split}"] = scores.curve()
            extra["confusion"][f"network/{split}"] = scores.network.matrix.tolist()
            rows += scores.rows
    write_table(context.run.photo_scores, ["image", "split", "what", "score"], rows)
    write_json(context.run.metrics, _metrics(context, about, figures, extra))


class _SplitScores:
    """All counts of one split, from one pass over its photos."""

    def __init__(
        self, context: Context, split: str, photos: list[Photo], about: dict[str, Any]
    ) -> None:
        self._context, self._split, self._photos, self._about = context, split, photos, about
        labels = len(context.dataset.classes) + 1
        chosen = float(about["sharpen"].get("threshold", 0.5))
        self._maps = ThresholdCurve(labels, MAP_THRESHOLDS)
        self._chosen = ThresholdCurve(labels, [chosen])
        self._factor = float(about["label"].get("factor", 1.0))
        self._pseudo = ThresholdCurve(labels, [self._factor])
        self._pseudo_curve = ThresholdCurve(labels, FACTORS)
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
                network = predictor.predict_file(scored.photo.path)
                self._count(scored, network)
                bar.advance(1)

    def figures(self) -> list[dict[str, Any]]:
        """Give every figure with its protocol."""
        protocol = self._about["protocol"] | {"split": self._split, "images": len(self._photos)}
        given = protocol | {"tags": "given"}
        best, best_threshold, _ = self._maps.best()
        factor_index, factor, _ = self._pseudo_curve.best()
        mask_chosen = bool(self._about["label"].get("oracle"))
        threshold = float(self._chosen.thresholds[0])
        raw: dict[str, Any] = {"sharpening": []}
        sharp = {"sharpening": self._about["sharpen"]["sharpening"]}
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
            name("network", self.network.matrix,
                 protocol | sharp | {"tags": "predicted", "scales": [1.0], "flip": False}, None,
                 mask_chosen),
        ]

    def curve(self) -> dict[str, Any]:
        """Give the maps' mIoU against the background threshold."""
        _, best, _ = self._maps.best()
        return {
            "threshold": MAP_THRESHOLDS.tolist(), "miou": self._maps.miou().round(5).tolist(),
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
            "what": what, "miou": _known(float(mean_of_known(iou))),
            "iou": {n: _known(v) for n, v in zip(names, iou, strict=True)},
            "precision": _known(right / found if found else np.nan),
            "recall": _known(right / truly if truly else np.nan),
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


def _predict_split(
    context: Context, split: str, photos: Sequence[Photo], predictor: Predictor
) -> dict[str, float]:
    """Write the network's masks of a split, and say how far they agree with the pseudo masks."""
    labels = len(context.dataset.classes) + 1
    agreement = ConfusionMatrix(labels)
    with context.progress.stage(f"predict {split}", total=len(photos)) as bar:
        for photo in photos:
            found = predictor.predict_file(photo.path)
            save_mask(context.run.prediction_file(photo.name), found, num_labels=labels)
            pseudo = load_mask(context.run.mask_file(photo.name), size=None, num_labels=labels)
            agreement.add(pseudo, found)
            bar.advance(1)
    known = _known(agreement.miou())
    return {} if known is None else {f"network_pseudo/{split}": known}


def _abouts(context: Context) -> dict[str, Any]:
    """Collect what the earlier stages said about themselves."""
    records = {
        name: context.run.read_json(record_file(context.run, name)) for name, _ in STAGES
    }
    about: dict[str, Any] = {name: record.get("about", {}) for name, record in records.items()}
    activate = about["activate"]
    about["records"] = records
    about["protocol"] = {
        "pretraining": activate.get("pretraining"), "outside_help": [],
        "scales": activate.get("scales"), "flip": activate.get("flip"), "crf": False,
        "seed": context.seed,
    }
    return about


def _metrics(
    context: Context, about: dict[str, Any], figures: list[dict[str, Any]], extra: dict[str, Any]
) -> dict[str, Any]:
    dataset = context.dataset
    counts = {
        split: {"photos": len(photos), "masks": sum(photo.mask is not None for photo in photos)}
        for split in ("train", "val", "test")
        if (photos := dataset.split(split))
    }
    cost = ("seconds", "peak_memory_mb")
    return {
        "version": __version__, "seed": context.seed,
        "data": {
            "name": dataset.root.resolve().name, "root": str(dataset.root),
            "layout": dataset.layout, "classes": list(dataset.classes), "counts": counts,
            "left_out": [{"photo": p.photo, "why": p.why} for p in dataset.left_out],
            "synthetic": (dataset.root / "scenes.json").exists(),
        },
        "figures": figures, **extra, "tags": about["classify"].get("tags", {}),
        "choice": context.run.read_json(context.run.root / "sharp" / "background.json"),
        "stages": {
            name: {key: record[key] for key in cost}
            for name, record in about["records"].items()
            if record.get("done")
        },
        "warnings": [w for record in about["records"].values() for w in record.get("warnings", [])],
        "command": f"tag2mask run {dataset.root} --out {context.run.root}",
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 5)
