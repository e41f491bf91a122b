"""Runs from Python: all stages on a data set, the embedded example, one stage again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.api.run import Run
from tag2mask.core.contracts import InputError, nearest
from tag2mask.pipeline.config import Config
from tag2mask.stages import STAGES

if TYPE_CHECKING:
    from tag2mask.core.progress import Progress
    from tag2mask.run_folder.folder import RunFolder

Settings = Config | Mapping[str, object] | str | Path
"""A `Config`, a dictionary that `Config.from_dict` takes, or a TOML file."""


def run(
    data: str | Path, out: str | Path, *, config: Settings | None = None,
    config_file: Path | None = None, overrides: Sequence[str] = (), device: str = "auto",
    workers: int = 1, seed: int | None = None, progress: Progress | None = None,
    photos: int | None = None, until: str = "report", reuse: Sequence[Run | RunFolder] = (),
) -> Run:
    """Turn tagged photos into masks, a segmentation network and a report.

        run = tag2mask.run("photos", "runs/photos", config={"classify": {"epochs": 4}})

    Args:
        data: the photos: class folders, a folder with tags.csv, Pascal VOC or another layout.
        out: the run folder; an unfinished run in it goes on where it stopped.
        config: settings: a `Config`, a dictionary or a TOML file.
        config_file: the same as a TOML file only, as `--config`.
        overrides: single settings as typed after `--set`, such as "classify.epochs=4".
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: in place of the settings' one.
        progress: reports how far it is; silent when left out.
        photos: at most so many of each split, for a first look.
        until: the last stage.
        reuse: other runs, whose stages are taken over where data and settings are the same.

    Raises:
        InputError: something about data, settings or folder has to be fixed.
    """
    from tag2mask import pipeline

    pipeline.run(
        data, out, config=as_config(config), config_file=config_file, overrides=overrides,
        device=device, workers=workers, seed=seed, progress=progress, photos=photos, until=until,
        reuse=[other.files if isinstance(other, Run) else other for other in reuse],
    )
    return Run(out)


def demo(
    out: str | Path, *, device: str = "auto", workers: int = 1, seed: int | None = None,
    progress: Progress | None = None,
) -> Run:
    """Draw the embedded example, a small data set, and run everything on it.

    Args:
        out: the run folder; the drawn photos are in its folder `scenes`.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: in place of the settings' one.
        progress: reports how far it is; silent when left out.
    """
    from tag2mask import pipeline

    pipeline.demo(out, device=device, workers=workers, seed=seed, progress=progress)
    return Run(out)


def run_stage(
    name: str, run: str | Path | Run, *, config: Settings | None = None,
    overrides: Sequence[str] = (), device: str = "auto", workers: int = 1,
    seed: int | None = None, progress: Progress | None = None,
) -> Run:
    """Run one stage of a run that exists, even if it is done.

    Args:
        name: of the stage.
        run: the run folder, or the run.
        config: settings, in place of those of the run.
        overrides: single settings as typed after `--set`, such as "label.threshold=0.3".
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: in place of the settings' one.
        progress: reports how far it is; silent when left out.

    Raises:
        InputError: there is no such stage, the folder is no run folder, or an earlier stage has
            not been run with these settings.
    """
    from tag2mask import pipeline

    names = [stage.name for stage in STAGES]
    if name not in names:
        raise InputError(f"There is no stage {name!r}; did you mean {nearest(name, names)}?")
    pipeline.run_stage(
        name, Path(run), config=as_config(config), overrides=overrides, device=device,
        workers=workers, seed=seed, progress=progress,
    )
    return Run(run)


def as_config(given: Settings | None) -> Config | None:
    """Make settings of whatever they are given as; None stays None.

    Raises:
        InputError: a setting is wrong, or they are given as something else.
    """
    if given is None or isinstance(given, Config):
        return given
    if isinstance(given, Mapping):
        return Config.from_dict(given)
    if isinstance(given, str | Path):
        return Config.from_file(given)
    raise InputError(f"config was given as {type(given).__name__}; give a Config, a dictionary or "
                     "a TOML file.")
