"""Train a segmentation network on the pseudo masks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import torch
from accelerate import Accelerator

from tag2mask.core.device import channels_last, make_accelerator
from tag2mask.core.json_records import need_record, write_record
from tag2mask.core.processes import barrier, first_says, is_first
from tag2mask.core.profiling import EXPORT, PREDICT, VALIDATE, work
from tag2mask.core.settings import Checked, Range
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import LARGEST_CROP, LEAST_CROP
from tag2mask.models.backbones import BACKBONES
from tag2mask.models.segmenters import SEGMENTERS
from tag2mask.models.segmenters.saving import save_segmenter
from tag2mask.prediction.export import export_onnx
from tag2mask.prediction.runtime_choice import choose_runtime
from tag2mask.prediction.runtimes import MODEL, bfloat16_runtimes
from tag2mask.run_folder.context import Context, Record, find_about
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import (
    RuntimeChoice,
    SegmentAbout,
    SegmenterFigures,
    SharpenAbout,
)
from tag2mask.run_folder.segmenter_spec import Normalisation
from tag2mask.run_folder.tables import write_table
from tag2mask.run_folder.weights import read_weights
from tag2mask.strategies.loading import load_classifier
from tag2mask.training.checkpoint import Progress
from tag2mask.training.loop import check_epochs
from tag2mask.training.mask_losses import LOSSES
from tag2mask.training.mask_training import MaskTraining
from tag2mask.training.networks import (
    Start,
    check_frozen,
    frozen_blocks,
    go_on_from,
    make_optimizer,
    start_as_maps,
    start_network,
)

_CHECKPOINT = "checkpoint.safetensors"
_FROM_MAPS, _GOING_ON = 8, 4
"""Epochs from the classifier's maps, and from the network of the second round in `sharpen`."""
_COMPARED = 16
"""Number of held-out photos for comparing bfloat16 with float32."""


@dataclass(frozen=True, kw_only=True)
class SegmentConfig(Checked):
    """Settings of the segmentation network and its training."""

    model: str = "unet"
    """Which network; `tag2mask models` lists them."""
    backbone: str = ""
    """Its encoder; left empty the network's own, or the classifier's where it has none."""
    weights: str = "none"
    """What an encoder other than the classifier's starts from: "pretrained", "none", a file, or
    hf://USER/NAME."""
    size: Annotated[int, Range(LEAST_CROP, LARGEST_CROP)] = 256
    """Side of the training crops, in pixels; whole photos are read at 1.25 times that."""
    loss: str = "lovasz"
    """lovasz, cross-entropy and the overlap of each class over the decided pixels; cross_entropy
    alone; sec, which takes them as seeds, expands them and constrains them to edges by a CRF (a
    larger label.band leaves fewer and surer seeds); or psl, which also takes the network's own
    prediction, weighed by the classifier's probabilities."""
    tag_gate: bool = True
    """Let the network also learn which classes are on a photo, and weigh pixels by that."""
    epochs: Annotated[int | str, Range(1, 10_000)] = "auto"
    """How often every tagged photo is seen; "auto" is 8 times, and 4 times for a network that
    sharpen has trained before."""
    batch_size: Annotated[int, Range(1, 4096)] = 16
    """Photos per step."""
    at_once: Annotated[int, Range(0, 4096)] = 0
    """Photos of a step that a process computes at once, to save memory; 0 is all of its share."""
    learning_rate: Annotated[float, Range(0, 1, above=True)] = 3e-4
    """Of a trained encoder; what starts from nothing learns five times as fast."""
    weight_decay: Annotated[float, Range(0, 1)] = 0.01
    """Of AdamW."""
    onnx: bool = True
    """Also write `model.onnx`, for other programs and the fastest prediction on a CPU."""
    frozen_blocks: Annotated[int | str, Range(0, 1000)] = "auto"
    """First blocks of the encoder that keep the weights they start with; 0 trains everything,
    "auto" keeps about the first half of a trained one."""

    def __post_init__(self) -> None:
        """Validate the settings."""
        super().__post_init__()
        if self.model not in SEGMENTERS.names():
            raise ValueError(f"model must be one of {', '.join(SEGMENTERS.names())}")
        if self.backbone:
            BACKBONES.get(self.backbone)
        check_frozen(self.frozen_blocks)
        check_epochs(self.epochs)
        if self.loss not in LOSSES:
            raise ValueError(f"loss must be one of {', '.join(LOSSES)}")


def segment(context: Context, config: SegmentConfig, record: Record) -> None:
    """Train, keep the epoch with the best agreement with held-out pseudo masks, and export it.

    A trained network is not trained again if only its export is missing.
    """
    accelerator = make_accelerator(context.device)
    torch.manual_seed(context.seed + 1)
    classifier = load_classifier(context.run.root)
    start = start_network(
        classifier, model=config.model, backbone=config.backbone, weights=config.weights,
        long_side=round(1.25 * config.size), tag_gate=config.tag_gate,
    )
    channels_last(start.network, accelerator.device)
    job = MaskTraining(
        context, start.network, context.dataset.split("train"), accelerator.device,
        size=config.size, batch_size=config.batch_size, loss=config.loss, at_once=config.at_once,
    )
    folder = context.run.segmenter
    metrics = folder / "metrics.json"
    todo = first_says(lambda: not (metrics.exists() and (folder / "weights.safetensors").exists()))
    if todo:
        earlier = _self_trained(context.run) and go_on_from(start, context.run.self_trained)
        if not earlier:
            with work(PREDICT):
                start_as_maps(start, channels_last(classifier, accelerator.device), job.seen)
        epochs = _epochs(config.epochs, earlier=earlier)
        progress = _train(job, start, config, accelerator, context.run, epochs)
        _load_best(context.run, start)
        _raise_missed(context, job, start)
        write_record(metrics, SegmenterFigures(agreement=progress.best))
        barrier()
    elif config.onnx and is_first():
        _load_best(context.run, start)
    kept = need_record(metrics, SegmenterFigures, fix="delete it and repeat")
    with work(EXPORT), record.other_work("exporting the network"):
        runtime = first_says(lambda: _export(context, job, start)) if config.onnx else None
    record.about = SegmentAbout(
        agreement=kept.agreement, model=config.model, backbone=start.spec.backbone,
        encoder_pretraining=start.pretraining,
        runtime=runtime,
    )
    if is_first():
        (folder / _CHECKPOINT).unlink(missing_ok=True)


def _train(
    job: MaskTraining, start: Start, config: SegmentConfig, accelerator: Accelerator,
    run: RunFolder, epochs: int,
) -> Progress:
    """Train, and write the weights of the best epoch and the training curve."""
    start.network.encoder.freeze(frozen_blocks(
        config.frozen_blocks, early_blocks=start.early_blocks, trained=start.trained
    ))
    progress = job.fit(
        accelerator, make_optimizer(start, config.learning_rate, config.weight_decay),
        epochs=epochs, checkpoint=run.segmenter / _CHECKPOINT, name="segment",
        keep_best=lambda: save_segmenter(run, start.network, start.spec),
    )
    curve = [list(row.values()) for row in progress.curve]
    write_table(run.segmenter / "curve.csv", list(progress.curve[0]), curve)
    return progress


def _load_best(run: RunFolder, start: Start) -> None:
    """Load the weights of the best epoch, for evaluation."""
    start.network.load_state_dict(read_weights(run.segmenter / "weights.safetensors"))
    start.network.eval()  # a training that was resumed after its last epoch has not done so


def _raise_missed(context: Context, job: MaskTraining, start: Start) -> None:
    """Raise the logits of classes that the best epoch hardly ever marks on training photos."""
    network = start.network
    with work(VALIDATE):
        raises = job.missed()
    if raises.any() and network.raise_logits(torch.from_numpy(raises)):
        save_segmenter(context.run, network, start.spec)
        names = ", ".join(context.dataset.classes[label - 1] for label in np.flatnonzero(raises))
        context.progress.say(
            f"segment: raised the logit of {names}, of which the network marked less than a "
            f"quarter of the area that the masks of training photos show.")


def _self_trained(run: RunFolder) -> bool:
    """Return whether the masks are those of a network that `sharpen` has trained.

    The first process says so: another one may not see the record yet.
    """
    def trained() -> bool:
        about = find_about(run, SharpenAbout)
        return about is not None and "self_training" in about.sharpening

    return first_says(trained)


def _epochs(setting: int | str, *, earlier: bool) -> int:
    """Return the number of epochs; "auto" is fewer for a network that was trained before."""
    if isinstance(setting, str):
        return _GOING_ON if earlier else _FROM_MAPS
    return setting


def _export(context: Context, job: MaskTraining, start: Start) -> RuntimeChoice | None:
    """Export the network to ONNX, and test bfloat16 if the CPU supports it."""
    folder, network = context.run.segmenter, start.network
    context.progress.say("segment: exporting the network to ONNX and checking it against torch")
    normal = Normalisation(mean=network.encoder.pixel_mean, std=network.encoder.pixel_std)
    spec = replace(start.spec, normalisation=normal)
    export_onnx(network.cpu(), folder / MODEL, spec.to_header())
    if not bfloat16_runtimes():  # which are compared with the exported network
        return None
    context.progress.say("segment: comparing its masks and times in bfloat16 with float32's")
    photos = [load_photo(photo.path, depth=photo.depth) for photo in job.judges[:_COMPARED]]
    return choose_runtime(folder, photos)
