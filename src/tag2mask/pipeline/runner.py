"""Run the stages in order, each only if its inputs or settings changed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask import __version__
from tag2mask.core.contracts import InputError
from tag2mask.core.files import refuse_special, remove_leftovers, write_text
from tag2mask.core.processes import agree, exists, first_says, is_first, joined
from tag2mask.core.processes.late_files import await_file
from tag2mask.core.progress import Progress
from tag2mask.core.settings import to_toml
from tag2mask.data.dataset import Dataset
from tag2mask.data.reading_rules import overridden
from tag2mask.pipeline.ahead import begin_ahead
from tag2mask.pipeline.config import Config, load_config, load_run_config
from tag2mask.pipeline.execution import (
    Measure,
    first_unfinished,
    is_trimmed,
    refuse_unless_done,
    run_if_needed,
    unmeasured,
)
from tag2mask.pipeline.idle_settings import refuse_idle
from tag2mask.pipeline.intake import Intake
from tag2mask.pipeline.quality import Quality, quality_settings
from tag2mask.pipeline.reuse import take_over
from tag2mask.pipeline.trimming import Keep, refuse_unknown, trim
from tag2mask.run_folder.content_hashes import identify, read_contents
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.lock import locked
from tag2mask.run_folder.recognising import refuse_no_run
from tag2mask.stages import STAGES, Stage

if TYPE_CHECKING:
    from tag2mask.profiling.profiler import Profiler


def run(
    data: str | Path, out: str | Path, *, config_file: Path | None = None,
    config: Config | None = None, quality: Quality = "default", overrides: Sequence[str] = (),
    device: str = "auto", workers: int = 1, seed: int | None = None,
    progress: Progress | None = None, photos: int | None = None, until: str = "report",
    reuse: Sequence[RunFolder] = (), profile: bool = False, keep: Keep = "all",
) -> RunFolder:
    """Turn tagged photos into masks, a segmentation network and a report.

    Args:
        data: class folders, a folder with tags.csv, or Pascal VOC.
        out: the run folder; an unfinished run in it is resumed.
        config_file: settings as TOML.
        config: settings, instead of a file.
        quality: "fast", "default" or "best": the settings, instead of a file.
        overrides: single settings, as in "classify.epochs=4".
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: overrides the setting `seed`.
        progress: reports progress and warnings; silent by default.
        photos: use at most this many of each split, for a quick trial.
        until: the last stage.
        reuse: other runs, whose stages are reused if data and settings are the same.
        profile: also measure the stages, and write `profile.json` and `profile.html`.
        keep: "small" removes the maps and scores of the photos when the run is done.

    Returns:
        The run folder.

    Raises:
        InputError: data, settings or folder need to be fixed; the message says how.
    """
    refuse_unknown(keep)
    progress, folder = progress or Progress(), RunFolder(Path(out))
    config = _settings(config, config_file, quality, _with_seed(overrides, seed))
    intake = Intake(Path(data), folder, config, workers, progress, photos)
    with joined(device=device), ExitStack() as held:
        _agree(config, str(data), str(out), until, keep)
        profiler = _profiler(folder) if profile and is_first() else None
        measure = profiler.stage if profiler else unmeasured
        first_says(lambda: intake.begin(held, measure))
        context = _context(folder, config, device, workers, progress, intake.stored)
        first_says(lambda: begin_ahead(held, context, config, until))
        stages = _until(until)
        _run_stages(stages, context, config, reuse, measure)
        if keep == "small" and len(stages) == len(STAGES):
            first_says(partial(trim, context))
        if profiler:
            profiler.write()
    return folder


def _run_stages(
    stages: Sequence[Stage], context: Context, config: Config, reuse: Sequence[RunFolder],
    measure: Measure,
) -> None:
    """Run the stages that are not done, in order; results of other runs are taken over."""
    for place, stage in enumerate(stages, 1):
        first_says(partial(take_over, stage, context, config, reuse))
        later = partial(first_unfinished, stages[place:], context, config)
        run_if_needed(stage, context, config, measure=measure, reader=later)


def _until(name: str) -> tuple[Stage, ...]:
    """Return the stages up to the one called `name`; all if there is none of that name."""
    names = [stage.name for stage in STAGES]
    return STAGES[: names.index(name) + 1] if name in names else STAGES


def _profiler(folder: RunFolder) -> Profiler:
    from tag2mask.profiling.profiler import Profiler  # imports torch

    return Profiler(folder)


def _agree(config: Config, *words: str) -> None:
    """Raise an error if the processes of a run were started with different commands."""
    agree("version or settings", "\n".join([__version__, *words, to_toml(config)]))


def run_stage(
    name: str, run: str | Path, *, config: Config | None = None, overrides: Sequence[str] = (),
    device: str = "auto", workers: int = 1, seed: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Run one stage of an existing run, even if it is done.

    Args:
        name: name of the stage.
        run: the run folder.
        config: settings, instead of those of the run.
        overrides: single settings, as in "label.threshold=0.3".
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: overrides the setting `seed`.
        progress: reports progress; silent by default.

    Raises:
        InputError: the folder is not a run folder, or an earlier stage has not been run with these
            settings.
    """
    folder = RunFolder(Path(run))
    overrides = _with_seed(overrides, seed)
    with joined(device=device), ExitStack() as held:
        if not exists(folder.data):  # the other processes would wait for it
            refuse_no_run(folder.root)
        read_run_dataset(folder)
        await_file(folder.config)
        refuse_special(folder.config)
        config = config.typed(overrides) if config else load_run_config(folder.config, overrides)
        refuse_idle(config, name)
        _agree(config, name, str(run))
        first_says(lambda: held.enter_context(locked(folder.root)))
        _run_one(name, _context(folder, config, device, workers, progress or Progress()), config)


def _run_one(name: str, context: Context, config: Config) -> None:
    place = [stage.name for stage in STAGES].index(name)

    def begin() -> None:
        for earlier in STAGES[:place]:
            refuse_unless_done(earlier, context, config)
        remove_leftovers(context.run.root)
        write_text(context.run.config, to_toml(config))

    first_says(begin)
    for earlier in STAGES[:place]:
        if first_says(partial(is_trimmed, context.run, earlier)):
            run_if_needed(earlier, context, config, reader=lambda: name)
    run_if_needed(STAGES[place], context, config, again=True)


def _settings(
    config: Config | None, file: Path | None, quality: Quality, overrides: Sequence[str]
) -> Config:
    """Merge and check settings: `config`, those of the file or quality, then overrides."""
    if quality != "default" and (config or file):
        raise InputError("quality and config both give the settings; give one of them, and single "
                         "settings with --set.")
    overrides = [*quality_settings(quality), *overrides]
    made = config.typed(overrides) if config else load_config(file, overrides)
    refuse_idle(made)
    return made


def _with_seed(overrides: Sequence[str], seed: int | None) -> Sequence[str]:
    return overrides if seed is None else [*overrides, f"seed={seed}"]


def _context(
    folder: RunFolder, config: Config, device: str, workers: int, progress: Progress,
    stored: Dataset | None = None,
) -> Context:
    """Return the context of the stages; the data set is read unless `stored` is it."""
    dataset = stored or identify(read_run_dataset(folder), read_contents(folder))[0]
    return Context(
        run=folder, dataset=overridden(dataset, config.data), seed=config.seed, device=device,
        workers=workers, progress=progress, annotation=config.annotation,
    )
