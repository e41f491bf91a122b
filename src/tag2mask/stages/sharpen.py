"""Make the maps follow the edges of the photo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.data.artifacts import read_planes, write_json, write_planes
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import LEAST_CROP, fit_within, resize
from tag2mask.pseudo_masks import Choice, MapRanks, Sample, add_background, choose_share, upscale
from tag2mask.sharpening import Sharpener, sharpener_entry, sharpener_names
from tag2mask.sharpening.affinity import AFFINITIES
from tag2mask.stages.context import Context, Record
from tag2mask.stages.photos import sized_batches
from tag2mask.stages.refining import Refiner
from tag2mask.stages.self_training import SelfTraining
from tag2mask.strategies.loading import load_classifier, load_untrained_backbone
from tag2mask.training.device import make_accelerator, one_thread_each

SELF_TRAINING = "self_training"
"""The step that asks a network trained on the scores so far."""

_CHOICE_PHOTOS = 500
"""Photos that the threshold is chosen on; more do not move it."""

_CHOICE_SIDE, _CHOICE_CELL = 320, 10
"""Long side of those photos and of the cells that are compared, in pixels."""


@dataclass(frozen=True, kw_only=True)
class SharpenConfig:
    """How maps are made sharp."""

    steps: tuple[str, ...] = ("pixel_adaptive",)
    """Sharpeners in order; an empty list or "none" leaves the maps as they are."""
    saliency: str = ""
    """Of the step saliency: a folder of grey pictures named as the photos, or a U2-Net as .onnx (a
    file, or OWNER/REPO/FILE.onnx on the model hub)."""
    masks: str = ""
    """Of the step class_agnostic: a folder with <photo>.npz, whose array masks is (M, h, w)."""
    size: int = 256
    """Side of the training crops of self_training, in pixels."""
    epochs: int = 8
    """How often self_training sees every tagged photo."""
    long_side: int = 200
    """Of photo and scores while they are sharpened, in pixels; smaller photos stay as they are."""

    def __post_init__(self) -> None:
        """Refuse unknown steps, and those of maps after those of scores."""
        known = (*AFFINITIES, SELF_TRAINING, *sharpener_names())
        for step in self.names:
            if step not in known:
                raise ValueError(f"steps takes none, {', '.join(known)}, not {step!r}")
        for step in self.names:
            prior = sharpener_entry(step).prior if step in sharpener_names() else ""
            if prior and not getattr(self, prior):
                raise ValueError(f"the step {step} needs {prior}")
        for before, step in pairwise(self.names):
            if step in AFFINITIES:
                raise ValueError(
                    f"steps: {step} works on maps and must come before {before}"
                    if before not in AFFINITIES else "steps takes one affinity"
                )
        if self.names.count(SELF_TRAINING) > 1:
            raise ValueError(f"steps takes {SELF_TRAINING} once")
        if self.size < LEAST_CROP or self.epochs < 1:
            raise ValueError(f"size must be {LEAST_CROP} or more, and epochs 1 or more")
        if self.long_side < 16:
            raise ValueError("long_side must be 16 or more")

    @property
    def names(self) -> tuple[str, ...]:
        """The steps without "none"."""
        return tuple(step for step in self.steps if step != "none")


def sharpen(context: Context, config: SharpenConfig, record: Record) -> None:
    """Choose how much is foreground, write row 0, sharpen, and leave `sharp/<photo>.npz`.

    Learned affinities come first and leave `refined/<photo>.npz`, maps that all else works on.
    """
    run = context.run
    tagged = [photo for photo in context.dataset.photos if photo.tags]
    device = make_accelerator(context.device).device
    ranks, choice = choose_background(context, device, run.map_file)
    names = config.names
    if names and names[0] in AFFINITIES:
        Refiner(context, AFFINITIES[names[0]], ranks, choice.share, device).refine()
        ranks, choice = choose_background(context, device, run.refined_file)
    write_json(run.root / "sharp" / "background.json", asdict(choice))
    before, retrain, after = _around(SELF_TRAINING, names)
    steps = {name: _create(name, config) for name in (*before, *after)}

    def start(photo: Photo, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        maps, classes = read_planes(run.scored_file(photo.name))
        full = upscale(ranks(maps), (pixels.shape[0], pixels.shape[1]))
        return add_background(full, share=choice.share), classes

    work = partial(_sharpen_all, context, tagged, device)
    long_side = config.long_side
    if retrain:
        student = SelfTraining(context, choice.share, size=config.size, epochs=config.epochs)
        work(long_side, start, [steps[name] for name in before], student.score_file)
        long_side = student.long_side
        student.train_and_predict()

        def start(photo: Photo, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            scores, classes = read_planes(student.predicted_file(photo.name))
            return upscale(scores, (pixels.shape[0], pixels.shape[1])), classes

    work(long_side, start, [steps[name] for name in after], run.sharp_file)
    missing = {name for step in steps.values() for name in getattr(step, "missing", ())}
    if missing:
        record.warnings.append(
            f"{len(missing)} of {len(tagged)} photos have no prior that could be read, "
            f"{min(missing)} first; their scores were left as they were."
        )
        context.progress.warn(record.warnings[-1])
    record.about |= {
        "sharpening": list(names), "share": choice.share,
        "threshold": ranks.threshold(choice.share),
        "crf": any(name.startswith(("dense_crf", "affinity")) for name in names),
        "outside_help": [help for name in steps if (help := sharpener_entry(name).outside_help)],
    }


def choose_background(
    context: Context, device: torch.device, map_file: Callable[[str], Path]
) -> tuple[MapRanks, Choice]:
    """Choose the share of foreground from the training photos, without any mask.

    Args:
        context: the run.
        device: where to compute.
        map_file: tells where the maps of a photo are, by its name.
    """
    photos = [photo for photo in context.dataset.split("train") if photo.tags]
    photos = photos[:: max(1, len(photos) // _CHOICE_PHOTOS)]
    ranks = MapRanks(read_planes(map_file(photo.name))[0] for photo in photos)
    choice = choose_share(_samples(context, photos, ranks, device, map_file))
    if not choice.found:
        context.progress.warn(
            "The photos are too few or too alike to tell how much of them is foreground; "
            f"{choice.share:.0%} is taken. Set label.threshold to a number of your own."
        )
    return ranks, choice


@torch.inference_mode()
def _samples(
    context: Context, photos: list[Photo], ranks: MapRanks, device: torch.device,
    map_file: Callable[[str], Path],
) -> Iterator[Sample]:
    """Give the last feature but one and the ranks of every photo, on a coarse grid."""
    classifier = load_classifier(context.run.root, device=device)
    untrained = load_untrained_backbone(classifier.spec)
    backbone = classifier.backbone if untrained is None else untrained.to(device)
    with context.progress.stage("threshold", total=len(photos)) as bar:
        for batch in sized_batches(
            photos, long_side=_CHOICE_SIDE, batch_size=16, workers=context.workers
        ):
            images = batch.to_images(backbone, device)
            height, width = images.shape[-2:]
            cells = -(-height // _CHOICE_CELL), -(-width // _CHOICE_CELL)
            middle = F.adaptive_avg_pool2d(backbone(images)[-2].float(), cells)
            features = middle.flatten(2).transpose(1, 2).cpu().numpy()
            for row, index in zip(features, batch.indices, strict=True):
                maps, classes = read_planes(map_file(photos[index].name))
                planes = upscale(ranks(maps), cells)
                yield Sample(row, planes.reshape(len(classes), -1))
            bar.advance(len(batch.indices))


Start = Callable[[Photo, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Gives the scores of a photo before its steps, at the size of its pixels, and their classes."""


def _around(name: str, names: Sequence[str]) -> tuple[Sequence[str], bool, Sequence[str]]:
    """Split steps of scores at one of them; without it all come after."""
    steps = [step for step in names if step not in AFFINITIES]
    if name not in steps:
        return (), False, steps
    place = steps.index(name)
    return steps[:place], True, steps[place + 1 :]


def _create(name: str, config: SharpenConfig) -> Sharpener:
    entry = sharpener_entry(name)
    return entry.build(*([getattr(config, entry.prior)] if entry.prior else []))


def _sharpen_all(
    context: Context, photos: Sequence[Photo], device: torch.device, long_side: int,
    start: Start, steps: Sequence[Sharpener], score_file: Callable[[str], Path],
) -> None:
    """Take all photos through some steps of scores, and write those that are missing."""
    todo = [photo for photo in photos if not score_file(photo.name).exists()]

    def make(photo: Photo) -> None:
        pixels = load_photo(photo.path, max_side=2 * long_side)
        pixels = resize(pixels, fit_within((pixels.shape[0], pixels.shape[1]), long_side))
        scores, classes = start(photo, pixels)
        for step in steps:
            scores = step(pixels, scores, device=device, name=photo.name)
        write_planes(score_file(photo.name), scores, classes)

    with (
        context.progress.stage("sharpen", total=len(photos), done=len(photos) - len(todo)) as bar,
        one_thread_each() as workers,
    ):
        for _ in read_ahead(make, todo, workers=workers, ahead=2 * workers):
            bar.advance(1)
