"""Align the maps with the edges of the photo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tag2mask.stages.stage import Stage, all_kinds

if TYPE_CHECKING:
    from tag2mask.data.dataset import Dataset
    from tag2mask.run_folder.folder import RunFolder


def _outputs(run: RunFolder, dataset: Dataset, settings: object) -> Iterator[Path | str]:
    yield run.background
    yield from run.photo_files("sharp/*.npz", (p.name for p in dataset.photos if p.tags))


def _idle(settings: Any) -> tuple[str, ...]:  # noqa: ANN401 - the stage's own settings
    from tag2mask.stages.sharpen.outside_help import resolved

    unused: tuple[str, ...] = () if resolved(settings) != "none" else ("outside_help",)
    unused += () if settings.outline else ("outline",)
    unused += () if settings.normality else ("normality",)
    if settings.has_second_round:
        return unused
    return (*unused, "second_round", *(() if settings.parsed.training else ("at_once",)))


def _environment(settings: Any) -> tuple[str, ...]:  # noqa: ANN401 - the stage's own settings
    from tag2mask.stages.sharpen.outside_help import packaged_weights

    return packaged_weights(settings)


STAGE = Stage(
    name="sharpen",
    help="Align the maps with the edges of the photo.",
    spends="sharpening",
    run="tag2mask.stages.sharpen.run:sharpen",
    ahead="tag2mask.stages.sharpen.compiling:compile_ahead",
    config="tag2mask.stages.sharpen.settings:SharpenConfig",
    owns=("sharp", "refined", "sharpener"),
    outputs=_outputs,
    disposable=("sharp/*.npz", "refined/*.npz", "sharpener/scores/*.npz",
                "sharpener/distances/*.npz",
                "sharpener/predicted/*.npz", "sharpener/seeds/*.png", "sharpener/masks/*.png"),
    annotations=all_kinds,
    idle=_idle,
    added=("at_once",),
    environment=_environment,
)
