"""Align the maps with the edges of the photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from tag2mask.core.device import make_accelerator, numbered
from tag2mask.core.json_records import read_record, write_record
from tag2mask.core.processes import exchange, first_says, is_first
from tag2mask.core.progress import Bar
from tag2mask.crf.compiling import stop_compiling
from tag2mask.pseudo_masks import MapRanks
from tag2mask.pseudo_masks.levels import foreground_share
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import (
    BackgroundChoice,
    CrfChoice,
    NormalityChoice,
    OutlineChoice,
    SecondRound,
    SharpenAbout,
    UnusualShare,
)
from tag2mask.sharpening import Sharpener, SharpenerEntry
from tag2mask.sharpening.dense_crf import compile_for
from tag2mask.sharpening.normality import Normality
from tag2mask.sharpening.step_parsing import Steps, has_saliency
from tag2mask.stages.sharpen.compiling import label_counts
from tag2mask.stages.sharpen.crf_choice import CHOSEN
from tag2mask.stages.sharpen.maps_share import choose_share_of_maps
from tag2mask.stages.sharpen.mask_making import mask_folder
from tag2mask.stages.sharpen.normal_distances import NormalDistances
from tag2mask.stages.sharpen.normality_choice import CHOSEN as NORMALITY_CHOSEN
from tag2mask.stages.sharpen.normality_choice import FEWEST_ASKED
from tag2mask.stages.sharpen.outline_share import share_by_outlines
from tag2mask.stages.sharpen.outside_help import choose_help, trusted
from tag2mask.stages.sharpen.ranked_maps import RankedMaps
from tag2mask.stages.sharpen.refining import Refiner
from tag2mask.stages.sharpen.score_steps import apply_steps
from tag2mask.stages.sharpen.second_round import judged_by_outlines, second_round
from tag2mask.stages.sharpen.self_training import SelfTraining
from tag2mask.stages.sharpen.settings import AUTO, NORMALITY, TRAINING, SharpenConfig
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
    normal = NormalDistances(context, device)
    chosen = choose_share_of_maps(context, config, normal, device)
    ranks, choice = chosen.ranks, chosen.choice
    if config.steps == (AUTO,):
        config = replace(config, steps=chosen_steps(
            context, RankedMaps(run, ranks, choice.share), long_side=config.long_side,
            device=device))
    if config.parsed.affinity:
        Refiner(context, config.parsed.affinity, ranks, choice.share, device).refine()
        ranks = _refined_ranks(context)
    maps = RankedMaps(run, ranks, choice.share)
    config, helped = choose_help(context, config, maps, device)
    if helped:
        context.progress.say(f"Outside help: {helped.used}. {helped.why}")
    judged, second = config.judges_normality, config.has_second_round
    config = replace(config, steps=config.all_steps)
    steps = config.parsed
    if any(entry.prior == "masks" for entry in steps.on_scores.values()):
        config = replace(config, masks=mask_folder(context, config.masks, tagged, device))
    built = {name: _create(entry, config) for name, entry in steps.on_scores.items()}
    built = trusted(built, helped, maps)
    if judged:
        built[NORMALITY] = Normality(judged_at=choice.share)
    taken = _take_steps(context, config, built, maps, normal, device, may_refuse=second)
    normality = read_record(run.sharpener / NORMALITY_CHOSEN, NormalityChoice)
    _say(context, chosen.unusual, normality, taken.second_round, taken.outline)
    if NORMALITY in steps.names and not judged and normality is None:
        _warn(context, record, f"The step normality compares with at least {FEWEST_ASKED} training "
              "photos without a tag, and there are fewer; it left the scores as they were.")
    write_record(run.background, BackgroundChoice(**vars(replace(choice, share=taken.share))))
    _count_missing(context, built, len(tagged), record)
    record.about = SharpenAbout(
        sharpening=_used(steps, taken.second_round, normality), share=taken.share, crf=steps.crf,
        threshold=ranks.threshold(choice.share), outside_help=tuple(steps.outside_help),
        threshold_by=f"annotations ({chosen.annotated.source})" if chosen.annotated else "",
        dense_crf=read_record(run.sharpener / CHOSEN, CrfChoice), help=helped,
        unusual=chosen.unusual, normality=normality, second_round=taken.second_round,
        outline=taken.outline,
    )


def _refined_ranks(context: Context) -> MapRanks:
    """Rank the refined maps: a random walk moves the foreground, but does not change its share."""
    train = [photo for photo in context.dataset.split("train") if photo.tags]
    return MapRanks(read_planes(context.run.refined_file(photo.name))[0] for photo in train)


def _used(
    steps: Steps, second: SecondRound | None, normality: NormalityChoice | None
) -> tuple[str, ...]:
    """Return the names of the steps that the scores come from."""
    names = steps.names
    if second and not second.used:
        names = names[: names.index(TRAINING)]
    return tuple(name for name in names if name != NORMALITY or (normality and normality.used))


@dataclass(frozen=True)
class _Taken:
    """The share of foreground of the masks after all steps, and what was decided on the way."""

    share: float
    outline: OutlineChoice | None = None
    second_round: SecondRound | None = None


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
    normal: NormalDistances, device: torch.device, *, may_refuse: bool,
) -> _Taken:
    """Turn the maps into scores and apply the steps, including self-training.

    The share of foreground is that of the maps; after saliency, which knows the size of objects
    better than the maps, that of the scores, and after self-training that of the network's output.
    Then outlines lower it.

    Args:
        context: the run.
        config: the settings with all steps.
        built: the steps on scores by name.
        maps: the maps of the run.
        normal: the distances to photos without a tag.
        device: the device to compute on.
        may_refuse: whether self-training is a second round, whose scores are only used if they
            keep the tags, and their outlines do not lie on weaker edges than those before.
    """
    run, steps, train = context.run, config.parsed, context.dataset.split("train")
    before, after = ([built[name] for name, _ in part] for part in (steps.before, steps.after))
    student = SelfTraining(
        context, size=config.size, epochs=config.epochs, at_once=config.at_once)
    first = student.score_file if steps.training else run.sharp_file

    apply_steps(context, device, config.long_side, maps.scores, before, first, normal)
    share = foreground_share(train, first) if has_saliency(steps.before) else maps.share
    if not steps.training:
        return _by_outlines(context, config, first, share, alone=True)
    student.train_and_predict(share)
    second = second_round(context, student) if may_refuse else None
    earlier: _Taken | None = None
    if not second or second.used:
        apply_steps(
            context, device, config.long_side, student.scores, after, run.sharp_file, normal)
        last = run.sharp_file if has_saliency(steps.after) else student.predicted_file
        taken = _by_outlines(
            context, config, run.sharp_file, foreground_share(train, last), learned=True)
        if second and taken.outline and not second.edge:
            earlier = _by_outlines(context, config, first, share)
            if earlier.outline:
                second = judged_by_outlines(context, second, earlier.outline, taken.outline)
        if not second or second.used:
            return replace(taken, second_round=second)
    student.keep_first()
    earlier = earlier or _by_outlines(context, config, first, share, alone=True)
    return replace(earlier, second_round=second)


def _by_outlines(
    context: Context, config: SharpenConfig, score_file: Callable[[str], Path], share: float, *,
    learned: bool = False, alone: bool = False,
) -> _Taken:
    """Lower the share of foreground of scores, unless maps or saliency decide it."""
    steps = config.parsed
    if not config.outline or not (learned or steps.before) or has_saliency(
            (*steps.before, *steps.after)):
        return _Taken(share)
    made = share_by_outlines(
        context, score_file, share, learned=learned, alone=alone, long_side=config.long_side)
    return _Taken(made.share, made)


def _count_missing(
    context: Context, steps: dict[str, Sharpener], tagged: int, record: Record
) -> None:
    """Warn about photos without a prior."""
    found = {name for step in steps.values() for name in getattr(step, "missing", ())}
    without = set().union(*exchange(found))
    if without:
        _warn(context, record, f"{len(without)} of {tagged} photos have no prior that could be "
              f"read, {min(without)} first; their scores were left as they were.")


def _say(
    context: Context,
    *decisions: UnusualShare | NormalityChoice | SecondRound | OutlineChoice | None,
) -> None:
    for made in decisions:
        if made and made.sentence:
            context.progress.say(f"sharpen: {made.sentence}")


def _warn(context: Context, record: Record, sentence: str) -> None:
    record.warnings.append(sentence)
    context.progress.warn(sentence)
