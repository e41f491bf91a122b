"""Train a classifier on the tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import torch

from tag2mask.core.contracts import InputError
from tag2mask.core.device import channels_last, make_accelerator
from tag2mask.core.json_records import write_record
from tag2mask.core.profiling import PREDICT, work
from tag2mask.core.settings import Checked, Range
from tag2mask.data.dataset import Photo
from tag2mask.data.depth import DepthRule
from tag2mask.data.reading_rules import depth_of
from tag2mask.data.transforms import LARGEST_CROP, LEAST_CROP
from tag2mask.metrics.tag_metrics import tag_metrics
from tag2mask.models.backbones import BACKBONES
from tag2mask.models.backbones.statistics_shift import adapt_statistics
from tag2mask.models.classifiers import Classifier, ClassifierSpec
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.records import ClassifyAbout, RoundFigures
from tag2mask.run_folder.tables import write_table
from tag2mask.stages.classify.batch_norm_choice import adapts
from tag2mask.stages.classify.tag_fitting import TagFitting
from tag2mask.stages.classify.tag_training import TagTraining
from tag2mask.stages.classify.unlearned import unlearned
from tag2mask.strategies import create_strategy
from tag2mask.strategies.loading import build_classifier, pretraining_of
from tag2mask.training.loop import check_epochs
from tag2mask.training.networks import check_frozen, frozen_blocks

FEW_PHOTOS = 20
"""Number of training photos of a class below which its maps are rarely usable."""


@dataclass(frozen=True, kw_only=True)
class ClassifyConfig(Checked):
    """Settings of the classifier and its training."""

    backbone: str = "efficientnet_lite0"
    """What the features come from."""
    weights: str = "pretrained"
    """"pretrained", "none" to start from scratch, a file of weights, or hf://USER/NAME."""
    strategy: tuple[str, ...] = ("plain",)
    """How the classifier is taught to see the whole object; see `tag2mask strategies`."""
    output_stride: Literal[0, 4, 8, 16, 32] = 0
    """Pixels per cell of the feature that distinguishes classes; 0 for the backbone's usual one, 16
    or, of an HRNet, 4."""
    size: Annotated[int, Range(LEAST_CROP, LARGEST_CROP)] = 256
    """Side of the training crops, in pixels; whole photos are read at 1.25 times that."""
    epochs: Annotated[int | str, Range(1, 10_000)] = "auto"
    """How often every tagged photo is seen; "auto" is 10 times, or 30 times for a small set whose
    tags are not learned by then."""
    batch_size: Annotated[int, Range(1, 4096)] = 16
    """Photos per step."""
    at_once: Annotated[int, Range(0, 4096)] = 0
    """Photos of a step that a process computes at once, to save memory; 0 is all of its share."""
    learning_rate: Annotated[float, Range(0, 1, above=True)] = 4e-4
    """Of the backbone; a new class layer learns ten times as fast, a deeper head more slowly."""
    weight_decay: Annotated[float, Range(0, 1)] = 0.01
    """Of AdamW."""
    annotation_weight: Annotated[float, Range(0, 100)] = 1.0
    """Of the loss at annotated places, over that of the tags; 0 trains on tags alone."""
    frozen_blocks: Annotated[int | str, Range(0, 1000)] = "auto"
    """First blocks of the backbone that keep the weights they start with; 0 trains everything,
    "auto" keeps about the first half of a pretrained one."""
    batch_norm: Literal["auto", "fixed", "adapt"] = "fixed"
    """Statistics of batch normalisation in the trained blocks of a pretrained backbone: "fixed", or
    "adapt" to the photos; "auto" adapts them where the photos differ much from the pretraining."""

    def __post_init__(self) -> None:
        """Validate the settings."""
        super().__post_init__()
        BACKBONES.get(self.backbone)
        try:
            create_strategy(self.strategy)
        except InputError as error:
            raise ValueError(f"strategy: {error}") from error
        check_frozen(self.frozen_blocks)
        check_epochs(self.epochs)


def classify(context: Context, config: ClassifyConfig, record: Record) -> None:
    """Train in the strategy's rounds, and predict the tags of every photo."""
    train = context.dataset.split("train")
    if not train:
        raise InputError(f"{context.dataset.root} has no photo in the split train.")
    if not any(photo.tags for photo in train):
        raise InputError("No training photo has a tag; there is nothing to learn from.")
    record.warnings += _thin_classes(context, train)
    accelerator = make_accelerator(context.device)
    torch.manual_seed(context.seed)
    classifier = build_classifier(
        make_spec(config, context.dataset.classes, depth_of(context.dataset)), start=True
    )
    channels_last(classifier, accelerator.device)
    classifier.backbone.freeze(frozen_blocks(
        config.frozen_blocks, early_blocks=BACKBONES.get(config.backbone).early_blocks,
        trained=config.weights != "none",
    ))
    if adapts(context, config.batch_norm, classifier.backbone, config.size):
        adapt_statistics(classifier.backbone)
    fitting = TagFitting(
        context, classifier, accelerator, make_optimizer=lambda: _optimizer(classifier, config),
        size=config.size, epochs=None if isinstance(config.epochs, str) else config.epochs,
        batch_size=config.batch_size,
        annotation_weight=config.annotation_weight, at_once=config.at_once,
    )
    rounds = fitting.fit()
    _predict_all(context, fitting.first, record, rounds)
    fitting.forget_checkpoints()


def make_spec(
    config: ClassifyConfig, classes: tuple[str, ...], depth: DepthRule | None = None
) -> ClassifierSpec:
    """Return the specification of the classifier for these settings."""
    return ClassifierSpec(
        backbone=config.backbone, strategy=config.strategy,
        output_stride=config.output_stride or BACKBONES.get(config.backbone).output_stride,
        long_side=round(1.25 * config.size), classes=classes,
        weights=config.weights, pretraining=pretraining_of(config.backbone, config.weights),
        depth=depth,
    )


def _optimizer(classifier: Classifier, config: ClassifyConfig) -> torch.optim.Optimizer:
    learning = [p for p in classifier.backbone.parameters() if p.requires_grad]
    groups = [
        {"params": learning, "lr": config.learning_rate},
        {"params": list(classifier.head.parameters()),
         "lr": classifier.head.speed * config.learning_rate},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=config.weight_decay)


def _predict_all(
    context: Context, job: TagTraining, record: Record, rounds: RoundFigures | None
) -> None:
    photos, classes = context.dataset.photos, context.dataset.classes
    with context.progress.stage("tags", total=len(photos), shared=True) as bar, work(PREDICT):
        probabilities = job.predict(photos, bar)
    rows = [
        [photo.name, *(f"{p:.4f}" for p in row)]
        for photo, row in zip(photos, probabilities, strict=True)
    ]
    write_table(context.run.classifier / "tags.csv", ["image", *classes], rows)
    held = [index for index, photo in enumerate(photos) if photo.split == "val"]
    truth = context.dataset.tag_matrix()[held]
    figures = replace(tag_metrics(probabilities[held], truth, classes), rounds=rounds)
    write_record(context.run.classifier / "metrics.json", figures)
    for sentence in unlearned(probabilities[held], truth, classes):
        record.warnings.append(sentence)
        context.progress.warn(sentence)
    record.about = ClassifyAbout(tags=figures)


def _thin_classes(context: Context, train: tuple[Photo, ...]) -> list[str]:
    """Return the warnings for the report; they are printed when the data set is checked."""
    counts = context.dataset.tag_matrix(train).sum(0).astype(int)
    return [
        f"Class '{name}' has only {count} training photos; from {FEW_PHOTOS} on its masks can be "
        "expected to be worth something. Add photos or leave it out."
        for name, count in zip(context.dataset.classes, counts, strict=True)
        if count < FEW_PHOTOS
    ]
