"""Plan a run: measure the data, choose settings, and write them with their reasons."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tag2mask.core.device import make_accelerator
from tag2mask.core.progress import Progress
from tag2mask.core.settings.values import write
from tag2mask.data.dataset import Dataset
from tag2mask.data.learning_checks import refuse_unlearnable
from tag2mask.models.backbones import BACKBONES, create_backbone
from tag2mask.planning.measures import PHOTOS, Measures, measure
from tag2mask.planning.rules import Planned, plan_settings
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import BatchNormChoice
from tag2mask.stages.classify.batch_norm_choice import FEWEST, choose
from tag2mask.stages.classify.run import ClassifyConfig


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Measures of a data set, and the settings that follow from them."""

    name: str
    measures: Measures
    settings: tuple[Planned, ...]

    def to_toml(self) -> str:
        """Write the plan as a TOML file for `tag2mask run --config`, with reasons as comments."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield from _comment(
            f"Plan for {self.name}, for `tag2mask run --config`. Every setting may be changed; "
            "those that are not named keep their defaults."
        )
        for sentence in self.measures.sentences:
            yield from _comment(sentence)
        for section, group in groupby(self.settings, lambda planned: planned.section):
            yield from ("", f"[{section}]")
            for planned in group:
                yield from _comment(planned.reason)
                yield f"{planned.key} = {write(planned.value)}"


def make_plan(
    dataset: Dataset, *, run: RunFolder | None = None, device: str = "auto", workers: int = 1,
    progress: Progress | None = None,
) -> Plan:
    """Measure a data set and choose settings for it; nothing is trained.

    Args:
        dataset: a checked data set.
        run: a run of this data set, whose choices from its maps are taken over.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        progress: reports progress; silent by default.

    Raises:
        InputError: there is nothing to learn from.
    """
    refuse_unlearnable(dataset)
    progress = progress or Progress()
    total = min(PHOTOS, len(dataset.split("train")))
    with progress.stage("measure", total=total) as bar:
        measures = measure(dataset, advance=bar.advance)
    chosen = _batch_norm(dataset, device, workers)
    return Plan(
        name=" ".join(dataset.root.resolve().name.split()), measures=measures,
        settings=tuple(plan_settings(chosen, run)),
    )


def _batch_norm(dataset: Dataset, device: str, workers: int) -> BatchNormChoice | None:
    """Choose as the default classifier of a run would."""
    train, config = dataset.split("train"), ClassifyConfig()
    if len(train) < FEWEST:
        return None
    entry, place = BACKBONES.get(config.backbone), make_accelerator(device).device
    backbone = create_backbone(
        config.backbone, weights=config.weights, output_stride=entry.output_stride
    )
    backbone.fixed_statistics = True
    backbone.to(place).freeze(entry.early_blocks)
    return choose(train, backbone, size=config.size, workers=workers, device=place)


def _comment(text: str) -> Sequence[str]:
    return textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="# ")
