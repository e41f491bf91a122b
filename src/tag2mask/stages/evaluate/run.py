"""Score maps, pseudo masks and network where true masks exist, each figure with its protocol."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tag2mask import __version__
from tag2mask.core.settings import Checked
from tag2mask.data.dataset import SPLITS, Photo
from tag2mask.data.masks import load_mask, save_mask
from tag2mask.data.photos import load_photo
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.metrics.reliability import Reliability
from tag2mask.prediction.confidence import sampled_probabilities
from tag2mask.prediction.predictor import Predictor, load_predictor
from tag2mask.run_folder.artifacts import write_json, write_table
from tag2mask.run_folder.context import Context, Record, read_record
from tag2mask.stages import STAGES
from tag2mask.stages.evaluate.annotated import (
    annotation_figures,
    annotation_protocol,
    overlap_sentence,
    scored_photos,
)
from tag2mask.stages.evaluate.score_figures import known
from tag2mask.stages.evaluate.split_scores import SplitScores
from tag2mask.stages.evaluate.trust_scores import TrustScores

_STEP = 4
"""Rows and columns between the pixels at which the network's probabilities are looked at."""


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(Checked):
    """What is scored."""

    splits: tuple[str, ...] = ("train", "val", "test")
    """Of these splits, those that have masks."""
    annotated: bool = False
    """Whether held-out photos with annotations are scored too; these may have chosen an epoch."""

    def __post_init__(self) -> None:
        """Refuse splits that no data set has."""
        super().__post_init__()
        for split in self.splits:
            if split not in SPLITS:
                raise ValueError(f"splits takes {', '.join(SPLITS)}, not {split!r}")


def evaluate(context: Context, config: EvaluateConfig, record: Record) -> None:
    """Write `metrics.json`, `photos.csv`, `trust.csv`, and the network's own masks."""
    predictor = load_predictor(context.run.root)
    about = _abouts(context)
    figures: list[dict[str, Any]] = []
    extra: dict[str, Any] = {"curves": {}, "confusion": {}, "agreement": {}}
    rows: list[list[Any]] = []
    trust = TrustScores(context, about)
    for split in config.splits:
        photos = context.dataset.split(split)
        calibration = Reliability(len(context.dataset.classes) + 1)
        masked = scored_photos(photos, include_annotated=config.annotated)
        if said := overlap_sentence(photos, include_annotated=config.annotated):
            context.progress.say(f"evaluate: {said}")
            record.about.setdefault("annotated", []).append(said)
        agreement = _predict_split(
            context, split, photos, predictor, trust, calibration,
            scored={photo.name for photo in masked},
        )
        extra["agreement"] |= agreement if split != "train" else {}
        if masked:
            scores = SplitScores(context, split, masked, about, calibration)
            scores.count()
            figures += scores.figures()
            extra["curves"][f"maps/{split}"] = scores.curve()
            extra["confusion"][f"network/{split}"] = scores.network.matrix.tolist()
            rows += scores.rows
    write_table(context.run.photo_scores, ["image", "split", "what", "score"], rows)
    trust.write()
    extra["trust"] = trust.figures()
    extra |= annotation_figures(context, rows)
    write_json(context.run.metrics, _metrics(context, about, figures, extra))


def _predict_split(
    context: Context, split: str, photos: Sequence[Photo], predictor: Predictor,
    trust: TrustScores, calibration: Reliability, *, scored: Collection[str],
) -> dict[str, float]:
    """Write the network's masks of a split, and say how far they agree with the pseudo masks."""
    labels = len(context.dataset.classes) + 1
    agreement = ConfusionMatrix(labels)
    with context.progress.stage(f"predict {split}", total=len(photos)) as bar:
        for photo in photos:
            pixels = load_photo(photo.path, depth=photo.depth)
            found, logits = predictor.predict_with_logits(pixels)
            save_mask(context.run.prediction_file(photo.name), found, num_labels=labels)
            pseudo = load_mask(context.run.mask_file(photo.name), size=None, num_labels=labels)
            agreement.add(pseudo, found)
            truth = load_mask(photo.mask, size=None, num_labels=labels) \
                if photo.mask and photo.name in scored else None
            trust.add(photo, pseudo, logits, truth)
            if truth is not None and split != "train":
                size = (found.shape[0], found.shape[1])
                sure = sampled_probabilities(logits, size, step=_STEP)
                calibration.add(truth[::_STEP, ::_STEP], sure)
            bar.advance(1)
    score = known(agreement.miou())
    return {} if score is None else {f"network_pseudo/{split}": score}


def _abouts(context: Context) -> dict[str, Any]:
    """Collect what the earlier stages said about themselves."""
    records = {
        stage.name: read_record(context.run, stage.name) for stage in STAGES
    }
    about: dict[str, Any] = {name: record.get("about", {}) for name, record in records.items()}
    activate = about["activate"]
    about["records"] = records
    about["protocol"] = {
        "pretraining": activate.get("pretraining"), "strategy": activate.get("strategy"),
        "method": activate.get("method"), "scales": activate.get("scales"),
        "flip": activate.get("flip"), "seed": context.seed, **annotation_protocol(context),
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
            "synthetic": dataset.synthetic,
        },
        "figures": figures, **extra, "tags": about["classify"].get("tags", {}),
        "choice": context.run.read_json(context.run.background),
        "stages": {
            name: {key: record[key] for key in cost}
            for name, record in about["records"].items()
            if record.get("done")
        },
        "warnings": [w for record in about["records"].values() for w in record.get("warnings", [])],
        "command": f"tag2mask run {dataset.root} --out {context.run.root} "
                   f"--config {context.run.config}",
    }
