"""Train a segmentation network on the pseudo masks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.backbones import backbone_entry
from tag2mask.classification import Classifier
from tag2mask.contracts import IGNORE, InputError
from tag2mask.data.artifacts import read_weights, write_json, write_table
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import PhotoCache, read_ahead
from tag2mask.data.masks import load_mask
from tag2mask.data.photos import load_photo
from tag2mask.data.sampling import EpochSampler
from tag2mask.data.transforms import (
    LEAST_CROP,
    RandomCrop,
    fit_within,
    generator,
    resize,
    to_images,
)
from tag2mask.evaluation.confusion import ConfusionMatrix
from tag2mask.segmentation import Segmenter, segmenter_names
from tag2mask.segmentation.export import export_onnx
from tag2mask.segmentation.runtime_choice import choose_runtime
from tag2mask.segmentation.runtimes import bfloat16_runtimes
from tag2mask.segmentation.saving import save_segmenter
from tag2mask.stages.context import Context, Record
from tag2mask.stages.networks import (
    FROM_SCRATCH,
    Start,
    check_frozen,
    frozen_blocks,
    start_as_maps,
    start_network,
)
from tag2mask.stages.photos import SizedBatch, sized_batches
from tag2mask.strategies.loading import load_classifier
from tag2mask.training.device import channels_last, make_accelerator
from tag2mask.training.loop import Training

_JUDGES = 100
"""Held-out photos that the best epoch is chosen by; more cost more than they tell."""

_WITNESSES = 16
"""Of these, those on which bfloat16 is compared with float32."""


@dataclass(frozen=True, kw_only=True)
class SegmentConfig:
    """How the segmentation network is trained."""

    model: str = "unet"
    """Which network; `tag2mask models` lists them."""
    backbone: str = ""
    """Its encoder; left empty the network's own, or the classifier's where it has none."""
    weights: str = "none"
    """What an encoder other than the classifier's starts from: "pretrained", "none" or a file."""
    size: int = 256
    """Side of the training crops, in pixels; whole photos are read at 1.25 times that."""
    epochs: int = 8
    """How often every tagged photo is seen."""
    batch_size: int = 16
    """Photos per step."""
    learning_rate: float = 3e-4
    """Of a trained encoder; what starts from nothing learns five times as fast."""
    weight_decay: float = 0.01
    """Of AdamW."""
    frozen_blocks: int | str = "auto"
    """First blocks of the encoder that keep the weights they start with; 0 trains everything,
    "auto" keeps about the first half of a trained one."""

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        if self.model not in segmenter_names():
            raise ValueError(f"model must be one of {', '.join(segmenter_names())}")
        if self.backbone:
            backbone_entry(self.backbone)
        check_frozen(self.frozen_blocks)
        if self.size < LEAST_CROP:
            raise ValueError(f"size must be {LEAST_CROP} or more")
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more")


@dataclass(frozen=True)
class _Batch:
    images: Tensor
    masks: Tensor


def segment(context: Context, config: SegmentConfig, record: Record) -> None:
    """Train, keep the epoch that agrees best with held-out pseudo masks, and export to ONNX."""
    train = context.dataset.split("train")
    accelerator = make_accelerator(context.device)
    torch.manual_seed(context.seed + 1)
    classifier = load_classifier(context.run.root)
    start = start_network(
        classifier, model=config.model, backbone=config.backbone, weights=config.weights,
        long_side=round(1.25 * config.size),
    )
    network, spec = start.network, start.spec
    network.encoder.freeze(frozen_blocks(
        config.frozen_blocks, early_blocks=start.early_blocks, trained=start.trained
    ))
    channels_last(network, accelerator.device)
    job = _Job(context, config, network, train, accelerator.device)
    start_as_maps(start, channels_last(classifier, accelerator.device), job.evidence)
    held_out = context.dataset.split("val") or train
    held_out = held_out[:: -(-len(held_out) // _JUDGES)]
    steps = job.sampler.steps
    checkpoint = context.run.segmenter / "checkpoint.safetensors"
    training = Training(
        model=network, optimizer=_optimizer(start, config), batches=job.batches, step=job.loss,
        epochs=config.epochs, steps_per_epoch=steps, checkpoint=checkpoint,
        validate=lambda: job.agreement(held_out),
        keep_best=lambda: save_segmenter(context.run, network, spec),
    )
    with context.progress.stage("segment", total=config.epochs * steps, unit="steps") as bar:
        progress = training.fit(accelerator, bar, "agreement")
    curve = [list(row.values()) for row in progress.curve]
    write_table(context.run.segmenter / "curve.csv", list(progress.curve[0]), curve)
    write_json(context.run.segmenter / "metrics.json", {"agreement": progress.best})
    record.about |= {"agreement": progress.best, "model": config.model,
                     "backbone": spec.backbone, "encoder_pretraining": start.pretraining}
    network.load_state_dict(read_weights(context.run.segmenter / "weights.safetensors"))
    context.progress.say("segment: exporting the network to ONNX and checking it against torch")
    export_onnx(network.cpu(), context.run.segmenter / "model.onnx", spec.to_header())
    if bfloat16_runtimes():
        context.progress.say("segment: comparing its masks and times in bfloat16 with float32's")
        photos = [load_photo(photo.path) for photo in held_out[:_WITNESSES]]
        record.about["runtime"] = choose_runtime(context.run.segmenter, photos)
    checkpoint.unlink(missing_ok=True)


class _Job:
    """What the training loop is given: batches, a loss, and a score."""

    def __init__(
        self, context: Context, config: SegmentConfig, network: Segmenter,
        photos: tuple[Photo, ...], device: torch.device,
    ) -> None:
        self._context, self._config, self._network = context, config, network
        self._photos, self._device = photos, device
        self.sampler = EpochSampler(
            photos=photos, batch_size=config.batch_size, key=(context.seed, "segment")
        )
        self._cache = PhotoCache(max_side=2 * config.size)
        self._masks = PhotoCache(max_side=2 * config.size, megabytes=128, read=self._read_mask)
        self._crop = RandomCrop(size=config.size)
        self._num_labels = len(context.dataset.classes) + 1

    def batches(self, epoch: int) -> Iterator[_Batch]:
        """Give the training photos of an epoch, read and cropped ahead of their turn."""
        workers = self._context.workers
        return read_ahead(
            partial(self._batch, epoch), self.sampler.batches(epoch),
            workers=workers, ahead=2 * workers,
        )

    def loss(self, batch: _Batch) -> Tensor:
        """Score every pixel that a pseudo mask decides."""
        images = batch.images.to(self._device, memory_format=torch.channels_last)
        masks = batch.masks.to(self._device)
        graded = self._network.graded_logits(images)
        return torch.stack([weight * _pixel_loss(logits, masks) for logits, weight in graded]).sum()

    @torch.inference_mode()
    def evidence(self, classifier: Classifier) -> Iterator[tuple[Tensor, Tensor]]:
        """Give class evidence and pseudo masks of some training photos, cell by cell."""
        photos = self._photos[:: -(-len(self._photos) // _JUDGES)]
        for batch in self._whole(photos):
            found = classifier.evidence(batch.to_images(self._network.encoder, self._device)).cpu()
            size = (found.shape[2], found.shape[3])
            masks = [self._masks(self._mask_path(photos[index])) for index in batch.indices]
            cells = np.stack([resize(mask, size, nearest=True) for mask in masks])
            yield found.clone(), torch.from_numpy(cells)

    @torch.inference_mode()
    def agreement(self, photos: tuple[Photo, ...]) -> float:
        """Return the mIoU of the network with the pseudo masks, where these decide."""
        confusion = ConfusionMatrix(self._num_labels)
        autocast = make_accelerator(self._context.device).autocast
        for batch in self._whole(photos):
            with autocast():
                logits = self._network(batch.to_images(self._network.encoder, self._device))
            found = logits.argmax(1).to(torch.uint8).cpu().numpy()
            for index, labels in zip(batch.indices, found, strict=True):
                mask = self._masks(self._mask_path(photos[index]))
                size = (labels.shape[0], labels.shape[1])
                confusion.add(resize(mask, size, nearest=True), labels)
        return confusion.miou()

    def _whole(self, photos: tuple[Photo, ...]) -> Iterator[SizedBatch]:
        return sized_batches(
            photos, long_side=round(1.25 * self._config.size), batch_size=8,
            workers=self._context.workers, read=self._cache,
        )

    def _batch(self, epoch: int, indices: np.ndarray) -> _Batch:
        rng = generator(self._context.seed, "crops", epoch, *map(int, indices))
        pairs = [
            self._crop(self._cache(photo.path), rng, self._masks(self._mask_path(photo)))
            for photo in (self._photos[i] for i in indices)
        ]
        encoder = self._network.encoder
        images = to_images([crop for crop, _ in pairs], encoder.pixel_mean, encoder.pixel_std)
        masks = torch.from_numpy(np.stack([mask for _, mask in pairs if mask is not None]))
        return _Batch(images, masks.long())

    def _mask_path(self, photo: Photo) -> Path:
        path = self._context.run.mask_file(photo.name)
        if not path.exists():
            raise InputError(f"{path} is missing; run `tag2mask label {self._context.run.root}`.")
        return path

    def _read_mask(self, path: Path) -> np.ndarray:
        mask = load_mask(path, size=None, num_labels=self._num_labels)
        size = fit_within((mask.shape[0], mask.shape[1]), 2 * self._config.size)
        return resize(mask, size, nearest=True)


def _pixel_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Score logits (B, K + 1, h, w) at their own resolution, a quarter of the work or less."""
    stride = round(masks.shape[-1] / logits.shape[-1])
    centres = masks[:, stride // 2 :: stride, stride // 2 :: stride]
    centres = centres[:, : logits.shape[-2], : logits.shape[-1]]
    logits = logits[..., : centres.shape[-2], : centres.shape[-1]]
    total = F.cross_entropy(logits.float(), centres, ignore_index=IGNORE, reduction="sum")
    return total / (centres != IGNORE).sum().clamp_min(1)


def _optimizer(start: Start, config: SegmentConfig) -> torch.optim.Optimizer:
    """Let what starts from trained weights learn more slowly than what was drawn."""
    network, trained = start.network, start.trained
    slow = [*network.encoder.parameters()] if trained else []
    slow += [*network.coarse.parameters()] if trained and network.coarse is not None else []
    known = {id(parameter) for parameter in slow}
    fast = [parameter for parameter in network.parameters() if id(parameter) not in known]
    groups = [
        {"params": [p for p in parameters if p.requires_grad], "lr": rate * config.learning_rate}
        for parameters, rate in ((slow, 1.0), (fast, FROM_SCRATCH))
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=config.weight_decay)
