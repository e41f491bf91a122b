"""Execution of runs: all stages on a data set, the built-in example, or a single stage."""

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
    from tag2mask.pipeline.quality import Quality
    from tag2mask.pipeline.trimming import Keep
    from tag2mask.run_folder.folder import RunFolder

Settings = Config | Mapping[str, object] | str | Path
"""A `Config`, a dictionary accepted by `Config.from_dict`, or the path of a TOML file."""


def run(
    data: str | Path, out: str | Path, *, config: Settings | None = None,
    config_file: Path | None = None, quality: Quality = "default", overrides: Sequence[str] = (),
    device: str = "auto", workers: int = 1, seed: int | None = None,
    progress: Progress | None = None, photos: int | None = None, until: str = "report",
    reuse: Sequence[Run | RunFolder] = (), profile: bool = False, keep: Keep = "all",
) -> Run:
    """Turn tagged photos into masks, a segmentation network and a report.

        run = tag2mask.run("photos", "runs/photos", config={"classify": {"epochs": 4}})

    Args:
        data: the photos: class folders, a folder with tags.csv, Pascal VOC or another layout.
        out: the run folder; an unfinished run in it is continued.
        config: settings: a `Config`, a dictionary or a TOML file.
        config_file: settings as a TOML file, as for `--config`.
        quality: "fast", "default" or "best": a group of settings, instead of a file.
        overrides: single settings in the syntax of `--set`, such as "classify.epochs=4".
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: random seed, which overrides the one in the settings.
        progress: reporter of progress; silent by default.
        photos: maximum number of photos of each split, for a quick trial.
        until: the last stage to run.
        reuse: other runs, whose stages are reused if data and settings are the same.
        profile: also measure the stages, and write `profile.json` and the page `profile.html`.
        keep: "small" removes the maps and scores of the photos when the run is done; stages that
            need them later compute them again.

    Raises:
        InputError: the data set, the settings or the folder is invalid.
    """
    from tag2mask import pipeline

    return Run.of_finished(pipeline.run(
        data, out, config=as_config(config), config_file=config_file, quality=quality,
        overrides=overrides, device=device, workers=workers, seed=seed, progress=progress,
        photos=photos, until=until,
        reuse=[other.files if isinstance(other, Run) else other for other in reuse],
        profile=profile, keep=keep,
    ))


def demo(
    out: str | Path, *, device: str = "auto", workers: int = 1, seed: int | None = None,
    progress: Progress | None = None,
) -> Run:
    """Generate the built-in example, a small data set of drawn scenes, and run all stages on it.

    Args:
        out: the run folder; the generated photos are in its folder `scenes`.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: random seed, which overrides the one in the settings.
        progress: reporter of progress; silent by default.
    """
    from tag2mask import pipeline

    pipeline.demo(out, device=device, workers=workers, seed=seed, progress=progress)
    return Run(out)


def run_stage(
    name: str, run: str | Path | Run, *, config: Settings | None = None,
    overrides: Sequence[str] = (), device: str = "auto", workers: int = 1,
    seed: int | None = None, progress: Progress | None = None,
) -> Run:
    """Run one stage of an existing run, even if it is already done.

    Args:
        name: name of the stage.
        run: the run folder, or the run.
        config: settings that replace those of the run.
        overrides: single settings in the syntax of `--set`, such as "label.threshold=0.3".
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: random seed, which overrides the one in the settings.
        progress: reporter of progress; silent by default.

    Raises:
        InputError: there is no such stage, the folder is not a run folder, or an earlier stage has
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
    """Convert settings of any supported type to a `Config`; None stays None.

    Raises:
        InputError: a setting is invalid, or the type is not supported.
    """
    if given is None or isinstance(given, Config):
        return given
    if isinstance(given, Mapping):
        return Config.from_dict(given)
    if isinstance(given, str | Path):
        return Config.from_file(given)
    raise InputError(f"config was given as {type(given).__name__}; give a Config, a dictionary or "
                     "a TOML file.")
