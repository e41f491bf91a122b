"""Make the maps follow the edges of the photo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial

import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.data.artifacts import read_planes, write_json, write_planes
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import fit_within, resize
from tag2mask.pseudo_masks import Choice, MapRanks, Sample, add_background, choose_share, upscale
from tag2mask.sharpening import create_sharpener, sharpener_names
from tag2mask.stages.context import Context, Record
from tag2mask.stages.photos import sized_batches
from tag2mask.strategies.loading import load_classifier, load_untrained_backbone
from tag2mask.training.device import make_accelerator, one_thread_each

_CHOICE_PHOTOS = 500
"""Photos that the threshold is chosen on; more do not move it."""

_CHOICE_SIDE, _CHOICE_CELL = 320, 10
"""Long side of those photos and of the cells that are compared, in pixels."""


@dataclass(frozen=True, kw_only=True)
class SharpenConfig:
    """How maps are made sharp."""

    steps: tuple[str, ...] = ("pixel_adaptive",)
    """Sharpeners in order; an empty list or "none" leaves the maps as they are."""
    long_side: int = 200
    """Of photo and scores while they are sharpened, in pixels; smaller photos stay as they are."""

    def __post_init__(self) -> None:
        """Refuse unknown steps."""
        for step in self.names:
            if step not in sharpener_names():
                raise ValueError(f"steps takes none, {', '.join(sharpener_names())}, not {step!r}")
        if self.long_side < 16:
            raise ValueError("long_side must be 16 or more")

    @property
    def names(self) -> tuple[str, ...]:
        """The steps without "none"."""
        return tuple(step for step in self.steps if step != "none")


def sharpen(context: Context, config: SharpenConfig, record: Record) -> None:
    """Choose how much is foreground, write row 0, sharpen, and leave `sharp/<photo>.npz`."""
    run = context.run
    tagged = [photo for photo in context.dataset.photos if photo.tags]
    device = make_accelerator(context.device).device
    ranks, choice = choose_background(context, device)
    write_json(run.root / "sharp" / "background.json", asdict(choice))
    todo = [photo for photo in tagged if not run.sharp_file(photo.name).exists()]
    make = partial(_sharpen_photo, context, config, ranks, choice, device)
    with (
        context.progress.stage("sharpen", total=len(tagged), done=len(tagged) - len(todo)) as bar,
        one_thread_each() as workers,
    ):
        for _ in read_ahead(make, todo, workers=workers, ahead=2 * workers):
            bar.advance(1)
    crf = any(step.startswith("dense_crf") for step in config.names)
    record.about |= {"sharpening": list(config.names), "crf": crf, "share": choice.share,
                     "threshold": ranks.threshold(choice.share)}


def choose_background(context: Context, device: torch.device) -> tuple[MapRanks, Choice]:
    """Choose the share of foreground from the training photos, without any mask."""
    photos = [photo for photo in context.dataset.split("train") if photo.tags]
    photos = photos[:: max(1, len(photos) // _CHOICE_PHOTOS)]
    ranks = MapRanks(read_planes(context.run.map_file(photo.name))[0] for photo in photos)
    choice = choose_share(_samples(context, photos, ranks, device))
    if not choice.found:
        context.progress.warn(
            "The photos are too few or too alike to tell how much of them is foreground; "
            f"{choice.share:.0%} is taken. Set label.threshold to a number of your own."
        )
    return ranks, choice


@torch.inference_mode()
def _samples(
    context: Context, photos: list[Photo], ranks: MapRanks, device: torch.device
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
                maps, classes = read_planes(context.run.map_file(photos[index].name))
                planes = upscale(ranks(maps), cells)
                yield Sample(row, planes.reshape(len(classes), -1))
            bar.advance(len(batch.indices))


def _sharpen_photo(
    context: Context, config: SharpenConfig, ranks: MapRanks, choice: Choice,
    device: torch.device, photo: Photo,
) -> None:
    pixels = load_photo(photo.path, max_side=2 * config.long_side)
    pixels = resize(pixels, fit_within((pixels.shape[0], pixels.shape[1]), config.long_side))
    maps, classes = read_planes(context.run.map_file(photo.name))
    full = upscale(ranks(maps), (pixels.shape[0], pixels.shape[1]))
    scores = add_background(full, share=choice.share)
    for name in config.names:
        scores = create_sharpener(name)(pixels, scores, device=device)
    write_planes(context.run.sharp_file(photo.name), scores, classes)
