"""Align the maps with the edges of the photo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from tag2mask.core.device import make_accelerator, numbered, one_thread_each
from tag2mask.core.json_records import read_record, write_record
from tag2mask.core.processes import exchange, first_says, is_first, missing, own
from tag2mask.core.profiling import CHOOSE, CRF, work
from tag2mask.core.progress import Bar
from tag2mask.crf.compiling import stop_compiling
from tag2mask.data.annotations import load_constraint
from tag2mask.data.batches import load_fitted
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.pseudo_masks import MapRanks, clamp, guide
from tag2mask.pseudo_masks.levels import foreground_share
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.planes import read_planes, write_planes
from tag2mask.run_folder.records import BackgroundChoice, CrfChoice, SecondRound, SharpenAbout
from tag2mask.sharpening import Sharpener, SharpenerEntry
from tag2mask.sharpening.crf_tuning import TunedCRF
from tag2mask.sharpening.dense_crf import compile_for
from tag2mask.stages.sharpen.annotated_share import with_annotations
from tag2mask.stages.sharpen.compiling import label_counts
from tag2mask.stages.sharpen.crf_choice import CHOSEN, chosen_kernels
from tag2mask.stages.sharpen.filling_rates import filling_rates
from tag2mask.stages.sharpen.foreground_share import choose_background
from tag2mask.stages.sharpen.mask_making import mask_folder
from tag2mask.stages.sharpen.outside_help import choose_help, trusted
from tag2mask.stages.sharpen.ranked_maps import RankedMaps
from tag2mask.stages.sharpen.refining import Refiner
from tag2mask.stages.sharpen.second_round import second_round
from tag2mask.stages.sharpen.self_training import SelfTraining
from tag2mask.stages.sharpen.settings import AUTO, SharpenConfig
from tag2mask.stages.sharpen.steps_choice import chosen_steps


def sharpen(context: Context, config: SharpenConfig, record: Record) -> None:
    """Choose the share of foreground, add the background's score, and sharpen.

    Writes `sharp/<photo>.npz`. Learned affinities come first and write `refined/<photo>.npz`, the
    maps that all other steps use.
    """
    run = context.run
    tagged = [photo for photo in context.dataset.photos if photo.tags]
    device = numbered(make_accelerator(context.device).device)  # for threads
    if config.may_use_crf:
        stop_compiling()
        _compile(context)
    with work(CHOOSE):
        ranks, choice = choose_background(context, device)
    choice, annotated = with_annotations(context, ranks, choice)
    if config.steps == (AUTO,):
        config = replace(config, steps=chosen_steps(
            context, RankedMaps(run, ranks, choice.share), long_side=config.long_side,
            device=device))
    steps = config.parsed
    if steps.affinity:
        Refiner(context, steps.affinity, ranks, choice.share, device).refine()
        # A random walk moves the foreground but is not meant to change its share.
        train = [photo for photo in context.dataset.split("train") if photo.tags]
        ranks = MapRanks(read_planes(run.refined_file(photo.name))[0] for photo in train)
    maps = RankedMaps(run, ranks, choice.share)
    config, helped = choose_help(context, config, maps, device)
    if helped:
        context.progress.say(f"Outside help: {helped.used}. {helped.why}")
    given, config = config.parsed, replace(config, steps=config.all_steps)
    steps = config.parsed
    if any(entry.prior == "masks" for entry in steps.on_scores.values()):
        config = replace(config, masks=mask_folder(context, config.masks, tagged, device))
    built = {name: _create(entry, config) for name, entry in steps.on_scores.items()}
    built = trusted(built, helped, maps)
    share, second = _take_steps(context, config, built, maps, device, may_refuse=not given.training)
    if second and not second.used:
        steps = given
    write_record(run.background, BackgroundChoice(**vars(replace(choice, share=share))))
    _count_missing(context, built, len(tagged), record)
    record.about = SharpenAbout(
        sharpening=tuple(steps.names), share=share, crf=steps.crf,
        threshold=ranks.threshold(choice.share), outside_help=tuple(steps.outside_help),
        threshold_by=f"annotations ({annotated.source})" if annotated else "",
        dense_crf=read_record(run.sharpener / CHOSEN, CrfChoice), help=helped,
        second_round=second,
    )


Start = Callable[[str, tuple[int, int]], tuple[np.ndarray, np.ndarray]]
"""Returns the scores of a photo before its steps, given its name and a size, and their classes."""


Sharpened = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Pixels of a photo, its scores and their classes."""


def _compile(context: Context) -> None:
    """Compile the CRF for all numbers of labels unless it is cached.

    Of several processes the first compiles, and the others load the result from the cache.
    """
    counts = label_counts(context.dataset)

    def compile_all(bar: Bar | None = None) -> None:
        for labels in counts:
            compile_for(labels)
            if bar:
                bar.advance(1)

    with context.progress.stage("compile", total=len(counts), unit="variants") as bar:
        first_says(lambda: compile_all(bar))
    if not is_first():
        compile_all()


def _create(entry: SharpenerEntry, config: SharpenConfig) -> Sharpener:
    return entry.build(*([getattr(config, entry.prior)] if entry.prior else []))


def _take_steps(
    context: Context, config: SharpenConfig, built: dict[str, Sharpener], maps: RankedMaps,
    device: torch.device, *, may_refuse: bool,
) -> tuple[float, SecondRound | None]:
    """Turn the maps into scores and apply the steps, including self-training.

    Args:
        context: the run.
        config: the settings with all steps.
        built: the steps on scores by name.
        maps: the maps of the run.
        device: the device to compute on.
        may_refuse: whether self-training is a second round, whose scores are only used if they
            keep the tags.

    Returns:
        the share of foreground of the masks, and the decision on the second round, None without
        one. The share is that of the maps; after saliency, which knows the size of objects better
        than the maps, that of the scores, and after self-training that of the network's output.
    """
    run, steps, train = context.run, config.parsed, context.dataset.split("train")
    before, after = ([built[name] for name, _ in part] for part in (steps.before, steps.after))
    student = SelfTraining(
        context, size=config.size, epochs=config.epochs, at_once=config.at_once)
    first = student.score_file if steps.training else run.sharp_file

    _sharpen_all(context, device, config.long_side, maps.scores, before, first)
    share = foreground_share(train, first) if _has_saliency(steps.before) else maps.share
    if not steps.training:
        return share, None
    student.train_and_predict(share)
    second = second_round(context, student) if may_refuse else None
    if second and not second.used:
        student.keep_first()
        return share, second
    _sharpen_all(context, device, config.long_side, student.scores, after, run.sharp_file)
    last = run.sharp_file if _has_saliency(steps.after) else student.predicted_file
    return foreground_share(train, last), second


def _has_saliency(steps: Sequence[tuple[str, SharpenerEntry]]) -> bool:
    return any(entry.prior == "saliency" for _, entry in steps)


def _count_missing(
    context: Context, steps: dict[str, Sharpener], tagged: int, record: Record
) -> None:
    """Warn about photos without a prior."""
    found = {name for step in steps.values() for name in getattr(step, "missing", ())}
    without = set().union(*exchange(found))
    if without:
        record.warnings.append(
            f"{len(without)} of {tagged} photos have no prior that could be read, "
            f"{min(without)} first; their scores were left as they were."
        )
        context.progress.warn(record.warnings[-1])


def _sharpen_all(
    context: Context, device: torch.device, long_side: int, start: Start,
    steps: Sequence[Sharpener], score_file: Callable[[str], Path],
) -> None:
    """Apply steps to the scores of all tagged photos, and write missing results."""
    photos = [photo for photo in context.dataset.photos if photo.tags]
    todo = missing(photos, lambda photo: score_file(photo.name))
    rates = filling_rates(context.dataset.split("train"), len(context.dataset.classes) + 1)

    def take(photo: Photo, some: Sequence[Sharpener]) -> Sharpened:
        pixels = load_fitted(photo, long_side)
        scores, classes = start(photo.name, (pixels.shape[0], pixels.shape[1]))
        constraint = load_constraint(photo, len(context.dataset.classes) + 1)
        if constraint is not None:
            scores = guide(scores, classes.tolist(), pixels, constraint, rates)
        if constraint is None or not constraint.complete:
            for step in some:
                with work(CRF):
                    scores = step(pixels, scores, device=device, name=photo.name)
        if constraint is not None:
            scores = clamp(scores, classes.tolist(), constraint)
        return pixels, scores, classes

    def make(photo: Photo) -> None:
        _, scores, classes = take(photo, steps)
        write_planes(score_file(photo.name), scores, classes)

    for place, step in enumerate(steps):
        if isinstance(step, TunedCRF) and todo:
            before = partial(take, some=steps[:place])
            with work(CHOOSE):
                step.kernels = chosen_kernels(context, before, device)
    with (
        context.progress.stage(
            "sharpen", total=len(photos), done=len(photos) - len(todo), shared=True) as bar,
        one_thread_each() as workers,
    ):
        for _ in read_ahead(make, own(todo), workers=workers, ahead=2 * workers):
            bar.advance(1)
