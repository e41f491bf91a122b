"""The share of foreground of the maps of a run, by everything that decides it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from tag2mask.core.profiling import CHOOSE, work
from tag2mask.pseudo_masks import Choice, MapRanks
from tag2mask.pseudo_masks.annotated_choice import AnnotatedShare
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.records import UnusualShare
from tag2mask.stages.sharpen.annotated_share import with_annotations
from tag2mask.stages.sharpen.foreground_share import choose_background
from tag2mask.stages.sharpen.normal_distances import NormalDistances
from tag2mask.stages.sharpen.settings import SharpenConfig
from tag2mask.stages.sharpen.unusual_share import lowered_to_unusual


@dataclass(frozen=True)
class MapsShare:
    """The share of foreground of the maps.

    Attributes:
        ranks: ranks of the map values.
        choice: the share, and the curve that it was chosen from.
        annotated: the choice by annotations, if they decide.
        unusual: the decision by photos without a tag, if there was one to make.
    """

    ranks: MapRanks
    choice: Choice
    annotated: AnnotatedShare | None
    unusual: UnusualShare | None = None


def choose_share_of_maps(
    context: Context, config: SharpenConfig, normal: NormalDistances, device: torch.device
) -> MapsShare:
    """Choose the share by annotations, or without them by what is learned and what is unusual.

    Args:
        context: the run.
        config: the settings of the stage.
        normal: the distances to photos without a tag.
        device: the device to compute on.
    """
    with work(CHOOSE):
        ranks, choice = choose_background(context, device)
    choice, annotated = with_annotations(context, ranks, choice)
    if annotated or not config.normality:
        return MapsShare(ranks, choice, annotated)
    with work(CHOOSE):
        choice, unusual = lowered_to_unusual(context, normal, choice)
    return MapsShare(ranks, choice, None, unusual)
