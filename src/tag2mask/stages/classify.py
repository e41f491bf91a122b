"""Train a classifier on the tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.backbones import backbone_entry
from tag2mask.classification import ClassifierSpec
from tag2mask.classification.classifier import Classifier
from tag2mask.contracts import InputError
from tag2mask.data.artifacts import read_weights, write_json, write_table
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import PhotoCache, read_ahead
from tag2mask.data.sampling import EpochSampler
from tag2mask.data.transforms import LEAST_CROP, RandomCrop, generator, to_images
from tag2mask.evaluation.tag_metrics import mean_precision, tag_metrics
from tag2mask.progress import Bar
from tag2mask.stages.context import Context, Record
from tag2mask.stages.networks import check_frozen, frozen_blocks
from tag2mask.stages.photos import sized_batches
from tag2mask.strategies import create_strategy
from tag2mask.strategies.loading import build_classifier, pretraining_of, save_classifier
from tag2mask.training.device import channels_last, make_accelerator
from tag2mask.training.loop import Training

FEW_PHOTOS = 20
"""Training photos of a class under which its maps are rarely worth much."""


@dataclass(frozen=True, kw_only=True)
class ClassifyConfig:
    """How the classifier is trained."""

    backbone: str = "efficientnet_lite0"
    """What the features come from."""
    weights: str = "pretrained"
    """"pretrained", "none" to start from scratch, or a file of weights."""
    strategy: str = "plain"
    """How the classifier is taught to see the whole object."""
    output_stride: int = 0
    """Pixels per cell of the feature that classes are told by; 0 for the backbone's usual one, 16
    or, of an HRNet, 4."""
    size: int = 256
    """Side of the training crops, in pixels; whole photos are read at 1.25 times that."""
    epochs: int = 10
    """How often every tagged photo is seen."""
    batch_size: int = 16
    """Photos per step."""
    learning_rate: float = 4e-4
    """Of the backbone; the new class layer learns ten times as fast."""
    weight_decay: float = 0.01
    """Of AdamW."""
    frozen_blocks: int | str = "auto"
    """First blocks of the backbone that keep the weights they start with; 0 trains everything,
    "auto" keeps about the first half of a pretrained one."""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        backbone_entry(self.backbone)
        create_strategy(self.strategy)
        if self.size < LEAST_CROP:
            raise ValueError(f"size must be {LEAST_CROP} or more")
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more")
        if self.output_stride not in (0, 4, 8, 16, 32):
            raise ValueError("output_stride must be 0, 4, 8, 16 or 32")
        check_frozen(self.frozen_blocks)


@dataclass(frozen=True)
class _Batch:
    images: Tensor
    tags: Tensor


def classify(context: Context, config: ClassifyConfig, record: Record) -> None:
    """Train, keep the epoch with the best held-out average precision, and predict every photo."""
    train = context.dataset.split("train")
    if not train:
        raise InputError(f"{context.dataset.root} has no photo in the split train.")
    if not any(photo.tags for photo in train):
        raise InputError("No training photo has a tag; there is nothing to learn from.")
    record.warnings += _thin_classes(context, train)
    accelerator = make_accelerator(context.device)
    torch.manual_seed(context.seed)
    spec = make_spec(config, context.dataset.classes)
    classifier = build_classifier(spec, start=True)
    channels_last(classifier, accelerator.device)
    classifier.backbone.freeze(frozen_blocks(
        config.frozen_blocks, early_blocks=backbone_entry(config.backbone).early_blocks,
        trained=config.weights != "none",
    ))
    job = _Job(context, config, classifier, train, accelerator.device)
    held_out = context.dataset.split("val") or train
    steps = job.sampler.steps
    checkpoint = context.run.classifier / "checkpoint.safetensors"
    training = Training(
        model=classifier, optimizer=_optimizer(classifier, config), batches=job.batches,
        step=job.loss, epochs=config.epochs, steps_per_epoch=steps, checkpoint=checkpoint,
        validate=lambda: mean_precision(
            job.predict(held_out), context.dataset.tag_matrix(held_out)
        ),
        keep_best=lambda: save_classifier(context.run, classifier),
    )
    with context.progress.stage("classify", total=config.epochs * steps, unit="steps") as bar:
        progress = training.fit(accelerator, bar, "mean_average_precision")
    curve = [list(row.values()) for row in progress.curve]
    write_table(context.run.classifier / "curve.csv", list(progress.curve[0]), curve)
    classifier.load_state_dict(read_weights(context.run.classifier / "weights.safetensors"))
    _predict_all(context, job, record)
    checkpoint.unlink(missing_ok=True)


def make_spec(config: ClassifyConfig, classes: tuple[str, ...]) -> ClassifierSpec:
    """Say how to build the classifier that these settings ask for."""
    return ClassifierSpec(
        backbone=config.backbone, strategy=config.strategy,
        output_stride=config.output_stride or backbone_entry(config.backbone).output_stride,
        long_side=round(1.25 * config.size), classes=classes,
        weights=config.weights, pretraining=pretraining_of(config.backbone, config.weights),
    )


class _Job:
    """What the training loop is given: batches, a loss, and predictions to score."""

    def __init__(
        self, context: Context, config: ClassifyConfig, classifier: Classifier,
        photos: tuple[Photo, ...], device: torch.device,
    ) -> None:
        self._context, self._config, self._device = context, config, device
        self._classifier, self._photos = classifier, photos
        self._strategy = create_strategy(config.strategy)
        self._tags = torch.from_numpy(context.dataset.tag_matrix(photos))
        self.sampler = EpochSampler(
            photos=photos, batch_size=config.batch_size, key=(context.seed, "order")
        )
        self._cache = PhotoCache(max_side=2 * config.size)
        self._crop = RandomCrop(size=config.size)

    def batches(self, epoch: int) -> Iterator[_Batch]:
        """Give the training photos of an epoch, read and cropped ahead of their turn."""
        workers = self._context.workers
        return read_ahead(
            partial(self._batch, epoch), self.sampler.batches(epoch),
            workers=workers, ahead=2 * workers,
        )

    def loss(self, batch: _Batch) -> Tensor:
        """Score the tags of a batch, each on its own."""
        images = batch.images.to(self._device, memory_format=torch.channels_last)
        tags = batch.tags.to(self._device)
        evidence = self._classifier.evidence(images)
        loss = F.multilabel_soft_margin_loss(evidence.mean((2, 3)), tags)
        extra = self._strategy.extra_loss(self._classifier, images, tags, evidence)
        return loss if extra is None else loss + extra

    @torch.inference_mode()
    def predict(self, photos: tuple[Photo, ...], bar: Bar | None = None) -> np.ndarray:
        """Return the probability of every tag for every photo, (N, K)."""
        autocast = make_accelerator(self._context.device).autocast
        rows = np.zeros((len(photos), self._tags.shape[1]), np.float32)
        self._classifier.eval()
        for batch in sized_batches(
            photos, long_side=round(1.25 * self._config.size), batch_size=self._config.batch_size,
            workers=self._context.workers, read=self._cache,
        ):
            images = batch.to_images(self._classifier.backbone, self._device)
            with autocast():
                rows[batch.indices] = self._classifier(images).sigmoid().cpu().numpy()
            if bar:
                bar.advance(len(batch.indices))
        return rows

    def _batch(self, epoch: int, indices: np.ndarray) -> _Batch:
        rng = generator(self._context.seed, "batch", epoch, *map(int, indices))
        crops = [self._crop(self._cache(self._photos[i].path), rng)[0] for i in indices]
        backbone = self._classifier.backbone
        images = to_images(crops, backbone.pixel_mean, backbone.pixel_std)
        return _Batch(*self._strategy.prepare_batch(images, self._tags[indices], rng))


def _optimizer(classifier: Classifier, config: ClassifyConfig) -> torch.optim.Optimizer:
    learning = [p for p in classifier.backbone.parameters() if p.requires_grad]
    groups = [
        {"params": learning, "lr": config.learning_rate},
        {"params": list(classifier.head.parameters()), "lr": 10 * config.learning_rate},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=config.weight_decay)


def _predict_all(context: Context, job: _Job, record: Record) -> None:
    photos, classes = context.dataset.photos, context.dataset.classes
    with context.progress.stage("tags", total=len(photos)) as bar:
        probabilities = job.predict(photos, bar)
    rows = [
        [photo.name, *(f"{p:.4f}" for p in row)]
        for photo, row in zip(photos, probabilities, strict=True)
    ]
    write_table(context.run.classifier / "tags.csv", ["image", *classes], rows)
    held = [index for index, photo in enumerate(photos) if photo.split == "val"]
    truth = context.dataset.tag_matrix()[held]
    metrics = tag_metrics(probabilities[held], truth, classes)
    write_json(context.run.classifier / "metrics.json", metrics)
    record.about["tags"] = metrics


def _thin_classes(context: Context, train: tuple[Photo, ...]) -> list[str]:
    counts = context.dataset.tag_matrix(train).sum(0).astype(int)
    warnings = [
        f"Class '{name}' has only {count} training photos; from {FEW_PHOTOS} on its masks can be "
        "expected to be worth something. Add photos or leave it out."
        for name, count in zip(context.dataset.classes, counts, strict=True)
        if count < FEW_PHOTOS
    ]
    for warning in warnings:
        context.progress.warn(warning)
    return warnings
