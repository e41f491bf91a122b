"""Score maps, pseudo masks and network against true masks, each figure with its protocol."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap

import numpy as np

from tag2mask import __version__
from tag2mask.core import json_records
from tag2mask.core.device import device_name
from tag2mask.core.json_records import write_record
from tag2mask.core.processes import interleaved, own
from tag2mask.core.profiling import SCORE, work
from tag2mask.core.settings import Checked
from tag2mask.data.annotations import load_constraint
from tag2mask.data.dataset import SPLITS, Dataset, Photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.masks import load_mask, save_mask
from tag2mask.data.photos import load_photo
from tag2mask.metrics.confusion import ConfusionMatrix
from tag2mask.metrics.reliability import Reliability
from tag2mask.prediction.confidence import sampled_probabilities
from tag2mask.prediction.predictor import Predictor, decided, load_predictor
from tag2mask.run_folder.context import Context, Record, read_record
from tag2mask.run_folder.emptiness import empty_sentence, lacks_tags
from tag2mask.run_folder.outdated import fingerprints
from tag2mask.run_folder.records import (
    BackgroundChoice,
    Counts,
    Curve,
    DataSummary,
    EvaluateAbout,
    Figure,
    LeftOut,
    Metrics,
    SplitCounts,
    StageCost,
    TrustFigures,
)
from tag2mask.run_folder.tables import write_table
from tag2mask.stages import STAGES
from tag2mask.stages.evaluate.annotated import annotation_figures, overlap_sentence, scored_photos
from tag2mask.stages.evaluate.bound_scores import bound_figures
from tag2mask.stages.evaluate.earlier import Earlier
from tag2mask.stages.evaluate.final_mask import final_mask
from tag2mask.stages.evaluate.score_figures import known
from tag2mask.stages.evaluate.split_scores import SplitScores
from tag2mask.stages.evaluate.trust_scores import TrustRow, TrustScores

_STEP = 4
"""Row and column stride of the pixels on which calibration is measured."""


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(Checked):
    """What is scored."""

    splits: tuple[str, ...] = ("train", "val", "test")
    """Of these splits, those that have masks."""
    annotated: bool = False
    """Whether held-out photos with annotations are scored too; these may have chosen an epoch."""
    bound: bool = False
    """Also train the same network on the true masks of the training photos, and score it: an
    oracle, which shows what better pseudo masks could bring and is used for nothing else."""

    def __post_init__(self) -> None:
        """Validate the names of the splits."""
        super().__post_init__()
        for split in self.splits:
            if split not in SPLITS:
                raise ValueError(f"splits takes {', '.join(SPLITS)}, not {split!r}")


def evaluate(context: Context, config: EvaluateConfig, record: Record) -> None:
    """Write `metrics.json`, `photos.csv`, `trust.csv`, the masks of the network and final masks."""
    predictor = load_predictor(context.run.root, device=device_name(context.device))
    earlier = Earlier.read(context)
    found, overlaps = _Found(), list[str]()
    trust = TrustScores(context, earlier)
    tagged = sum(bool(p.tags) for split in config.splits for p in context.dataset.split(split))
    for split in config.splits:
        photos = context.dataset.split(split)
        if not photos:
            continue
        calibration = Reliability(len(context.dataset.classes) + 1)
        among = ConfusionMatrix(len(context.dataset.classes) + 1)
        masked = scored_photos(photos, include_annotated=config.annotated)
        if said := overlap_sentence(photos, include_annotated=config.annotated):
            context.progress.say(f"evaluate: {said}")
            overlaps.append(said)
        with work(SCORE):
            agreement = _predict_split(
                context, split, photos, predictor, trust, calibration, among,
                scored={photo.name for photo in masked}, empty=found.empty,
            )
            found.agreement |= agreement if split != "train" else {}
            if masked:
                scores = SplitScores(context, split, masked, earlier, calibration, among)
                scores.count()
                found.add(split, scores)
    if config.bound:
        found.figures += bound_figures(
            context, earlier, config.splits, include_annotated=config.annotated
        )
    write_table(context.run.photo_scores, ["image", "split", "what", "score"], found.rows)
    trust.write()
    record.about = EvaluateAbout(
        annotated=tuple(overlaps), empty_final=tuple(found.empty),
        fingerprints=fingerprints(context.run))
    if said := empty_sentence("a final mask", found.empty, tagged):
        context.progress.say(
            f"evaluate: {said} To correct masks: tag2mask review {context.run.root}")
    write_record(context.run.metrics, _metrics(context, earlier, found, trust.figures()))


@dataclass
class _Found:
    """The results of all splits so far."""

    figures: list[Figure] = field(default_factory=list)
    curves: dict[str, Curve] = field(default_factory=dict)
    confusion: dict[str, Counts] = field(default_factory=dict)
    agreement: dict[str, float] = field(default_factory=dict)
    rows: list[list[str]] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    """Names of the photos with a tag whose final mask has no class."""

    def add(self, split: str, scores: SplitScores) -> None:
        """Add the results of a split."""
        self.figures += scores.figures()
        self.curves[f"maps/{split}"] = scores.curve()
        self.confusion[f"network/{split}"] = tuple(map(tuple, scores.network.matrix.tolist()))
        self.rows += scores.rows


@dataclass
class _PhotoFound:
    """What the network's mask of one photo adds to the results of its split."""

    agreement: ConfusionMatrix
    calibration: Reliability
    among: ConfusionMatrix
    trust: list[TrustRow] = field(default_factory=list)
    empty: str = ""
    """The photo's name if it has a tag and its final mask no class."""


def _predict_split(
    context: Context, split: str, photos: Sequence[Photo], predictor: Predictor,
    trust: TrustScores, calibration: Reliability, among: ConfusionMatrix, *,
    scored: Collection[str], empty: list[str],
) -> dict[str, float]:
    """Write the network's and final masks of a split, and return the mIoU with its pseudo masks.

    The network's masks among the tags of each photo are counted in `among`. The names of photos
    with a tag whose final mask has no class are added to `empty`.
    """
    labels = len(context.dataset.classes) + 1
    agreement = ConfusionMatrix(labels)

    def read(photo: Photo) -> tuple[Photo, np.ndarray]:
        return photo, load_photo(photo.path, depth=photo.depth)

    def one(photo: Photo, pixels: np.ndarray) -> _PhotoFound:
        found, logits = predictor.predict_with_logits(pixels)
        save_mask(context.run.prediction_file(photo.name), found, num_labels=labels)
        size = (found.shape[0], found.shape[1])
        tagged = decided(logits, size, photo.tags)
        pseudo = load_mask(context.run.mask_file(photo.name), size=None, num_labels=labels)
        final = final_mask(tagged, pseudo, load_constraint(photo, labels))
        save_mask(context.run.final_file(photo.name), final, num_labels=labels)
        made = _PhotoFound(
            ConfusionMatrix(labels), Reliability(labels), ConfusionMatrix(labels))
        made.agreement.add(pseudo, found)
        made.empty = photo.name if lacks_tags(photo, final, labels) else ""
        truth = load_mask(photo.mask, size=None, num_labels=labels) \
            if photo.mask and photo.name in scored else None
        made.trust += trust.rows_of(photo, pseudo, logits.planes, truth)
        if truth is not None:
            made.among.add(truth, tagged)
        if truth is not None and split != "train":
            sure = sampled_probabilities(logits.planes, size, step=_STEP)
            made.calibration.add(truth[::_STEP, ::_STEP], sure)
        bar.advance(1)
        return made

    pairs = read_ahead(read, own(photos), workers=context.workers, ahead=context.workers)
    with context.progress.stage(f"predict {split}", total=len(photos), shared=True) as bar:
        for made in interleaved(starmap(one, pairs)):
            agreement.merge(made.agreement)
            calibration.merge(made.calibration)
            among.merge(made.among)
            trust.add(made.trust)
            empty.extend(filter(None, [made.empty]))
    score = known(agreement.miou())
    return {} if score is None else {f"network_pseudo/{split}": score}


def _metrics(
    context: Context, earlier: Earlier, found: _Found, trust: Mapping[str, TrustFigures]
) -> Metrics:
    run = context.run
    read = ((stage.name, read_record(run, stage.name)) for stage in STAGES)
    records = {name: record for name, record in read if record}
    return Metrics(
        version=__version__, seed=context.seed, data=_data(context.dataset),
        figures=tuple(found.figures), curves=found.curves, confusion=found.confusion,
        agreement=found.agreement, trust=trust, tags=earlier.classify.tags,
        choice=json_records.read_record(run.background, BackgroundChoice),
        stages={
            name: StageCost(seconds=record.seconds, peak_memory_mb=record.peak_memory_mb,
                            apart=record.apart)
            for name, record in records.items() if record.done
        },
        warnings=tuple(text for record in records.values() for text in record.warnings),
        command=f"tag2mask run {context.dataset.root} --out {run.root} --config {run.config}",
        annotations=annotation_figures(context, found.rows),
    )


def _data(dataset: Dataset) -> DataSummary:
    counts = {
        split: SplitCounts(
            photos=len(photos), masks=sum(photo.mask is not None for photo in photos))
        for split in SPLITS
        if (photos := dataset.split(split))
    }
    return DataSummary(
        name=dataset.root.resolve().name, root=str(dataset.root), layout=dataset.layout,
        classes=dataset.classes, counts=counts, synthetic=dataset.synthetic,
        left_out=tuple(LeftOut(photo=p.photo, why=p.why) for p in dataset.left_out),
    )
