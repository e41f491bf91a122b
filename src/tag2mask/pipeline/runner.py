"""Stages one after the other, each only where its inputs or settings changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tag2mask.core.contracts import InputError
from tag2mask.core.device import make_accelerator
from tag2mask.core.files import remove_leftovers, write_text
from tag2mask.core.progress import Progress
from tag2mask.core.settings import to_toml
from tag2mask.data import check_photos, read_dataset
from tag2mask.data.dataset import Dataset
from tag2mask.data.scenes import write_scenes
from tag2mask.pipeline.config import Config, load_config
from tag2mask.prediction.predict import PredictSummary, load_segmenter, predict_photos
from tag2mask.prediction.runtimes import MODEL
from tag2mask.run_folder.artifacts import RunFolder, read_run_dataset, write_json
from tag2mask.run_folder.context import Context, Record, read_record, record_file, recorded
from tag2mask.run_folder.lock import locked
from tag2mask.run_folder.origin import (
    is_remembered,
    masks_fingerprint,
    refuse_names,
    refuse_other_folders,
    remember,
)
from tag2mask.stages import STAGES
from tag2mask.stages.activate.run import activate_photos
from tag2mask.stages.classify.run import classify
from tag2mask.stages.evaluate.run import evaluate
from tag2mask.stages.label.run import label
from tag2mask.stages.report.run import report
from tag2mask.stages.segment.run import segment
from tag2mask.stages.sharpen.run import sharpen

_FUNCTIONS: dict[str, Callable[[Context, Any, Record], None]] = {
    "classify": classify, "activate": activate_photos, "sharpen": sharpen, "label": label,
    "segment": segment, "evaluate": evaluate, "report": report,
}
_FOLDERS = {
    "classify": ("classifier",), "activate": ("maps",),
    "sharpen": ("sharp", "refined", "sharpener"), "label": ("masks",),
    "segment": ("segmenter",), "evaluate": ("predictions",), "report": (),
}
"""What a stage owns in the run folder, cleared when its inputs or settings have changed."""

_DECIDES_NOTHING = ("onnx",)
"""Settings that only add a file; asked for later, they cost no more than that file."""

DEMO_SETTINGS = (
    "classify.size=208", "classify.epochs=6", "activate.scales=1,1.5",
    "segment.size=208", "segment.epochs=5",
)
"""The scenes are 208 pixels wide and easy to tell; the rest of the demo is what any run does."""


def run(
    data: str | Path, out: str | Path, *, config_file: Path | None = None,
    overrides: Sequence[str] = (), device: str = "auto", workers: int = 1,
    seed: int | None = None, progress: Progress | None = None, photos: int | None = None,
    until: str = "report", reuse: Sequence[RunFolder] = (),
) -> RunFolder:
    """Turn tagged photos into masks, a segmentation network and a report.

    Args:
        data: class folders, a folder with tags.csv, or Pascal VOC.
        out: the run folder; an unfinished run in it goes on where it stopped.
        config_file: settings as TOML.
        overrides: single settings, as in "classify.epochs=4".
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: in place of the settings' one.
        progress: tells how far it is; silent when left out.
        photos: at most so many of each split, for a first look.
        until: the last stage.
        reuse: other runs, whose stages are taken over where data and settings are the same.

    Returns:
        The run folder.

    Raises:
        InputError: something about data, settings or folder needs mending.
    """
    told, folder = progress or Progress(), RunFolder(Path(out))
    if seed is not None:
        overrides = [*overrides, f"seed={seed}"]
    config = load_config(config_file, overrides)
    dataset = read_dataset(Path(data))
    if photos is not None:
        dataset = dataset.thinned(photos)
    told.say(f"{len(dataset.photos)} photos, {len(dataset.classes)} classes, seed {config.seed}")
    refuse_other_folders(folder, dataset)
    refuse_names(dataset)
    with locked(folder.root):
        _run_all(folder, dataset, config, device, workers, told, until, reuse)
    return folder


def _run_all(
    folder: RunFolder, dataset: Dataset, config: Config, device: str, workers: int,
    told: Progress, until: str, reuse: Sequence[RunFolder],
) -> None:
    """Check the photos where that was not done yet, and run the stages up to `until`."""
    if not is_remembered(folder, dataset):
        with told.stage("check", total=len(dataset.photos)) as bar:
            checked = check_photos(dataset, workers=workers, advance=bar.advance)
        for problem in checked.problems:
            told.warn(f"{problem.photo}: {problem.why}")
        remember(folder, dataset, checked)
    remove_leftovers(folder.root)
    write_text(folder.config, to_toml(config))
    context = _context(folder, config, device, workers, told)
    for name, _ in STAGES:
        _take_over(name, context, config, reuse)
        _run_if_needed(name, context, config)
        if name == until:
            break


def run_stage(
    name: str, run: str | Path, *, overrides: Sequence[str] = (), device: str = "auto",
    workers: int = 1, progress: Progress | None = None,
) -> None:
    """Run one stage of a run that exists, even if it is done.

    Raises:
        InputError: the folder is no run folder, or an earlier stage has not been run with these
            settings.
    """
    folder = RunFolder(Path(run))
    read_run_dataset(folder)
    config = load_config(folder.config, overrides)
    with locked(folder.root):
        _run_one(name, _context(folder, config, device, workers, progress or Progress()), config)


def _run_one(name: str, context: Context, config: Config) -> None:
    for earlier, _ in STAGES[: [stage for stage, _ in STAGES].index(name)]:
        _refuse_unless_done(earlier, context, config)
    remove_leftovers(context.run.root)
    write_text(context.run.config, to_toml(config))
    _run_if_needed(name, context, config, again=True)


def demo(
    out: str | Path, *, device: str = "auto", workers: int = 1, seed: int | None = None,
    progress: Progress | None = None,
) -> RunFolder:
    """Draw the embedded example and run everything on it."""
    told = progress or Progress()
    told.say("Drawing 300 scenes of five invented creatures")
    data = write_scenes(Path(out) / "scenes")
    return run(data, out, overrides=DEMO_SETTINGS, device=device, workers=workers, seed=seed,
               progress=told)


def predict(
    inputs: Sequence[Path], *, run: Path, out: Path, device: str = "auto", runtime: str = "auto",
    long_side: int | None = None, scales: Sequence[float] = (1.0,), flip: bool = False,
    workers: int = 1, progress: Progress | None = None,
) -> PredictSummary:
    """Segment new photos with the network of a run; see `load_segmenter` and `predict_photos`."""
    one = len(inputs) == 1 and inputs[0].is_file()
    segmenter = load_segmenter(
        run, runtime=runtime, device=make_accelerator(device).device.type, long_side=long_side,
        scales=scales, flip=flip, together=1 if one else workers + 1,
    )
    with locked(out):
        return predict_photos(
            inputs, segmenter, out=out, workers=workers, progress=progress or Progress()
        )


def _run_if_needed(
    name: str, context: Context, config: Config, *, again: bool = False
) -> None:
    run, fingerprint = context.run, _fingerprint(name, context, config)
    left = read_record(run, name)
    same, done = left.get("fingerprint") == fingerprint, bool(left.get("done"))
    if same and done and not again and _is_whole(name, context, config):
        context.progress.detail(f"{name}: already done")
        return
    if not same or (done and again):
        # First the record: after a kill in between, half of the files would pass for all of them.
        record_file(run, name).unlink(missing_ok=True)
        for folder in _FOLDERS[name]:
            run.clear(folder)
    with recorded(run, name, fingerprint) as record:
        _FUNCTIONS[name](context, getattr(config, name, None), record)


def _take_over(
    name: str, context: Context, config: Config, others: Sequence[RunFolder]
) -> None:
    """Link the files of a stage that another run has been through with the same data and settings.

    No file is ever changed in place, so two runs may share it.
    """
    run, fingerprint = context.run, _fingerprint(name, context, config)
    if not _FOLDERS[name] or name == "evaluate":  # what is measured belongs to its run
        return
    if read_record(run, name).get("fingerprint") == fingerprint:
        return
    for other in others:
        record = read_record(other, name)
        same = record.get("fingerprint") == fingerprint and record.get("done")
        if same and _is_whole(name, replace(context, run=other), config):
            record_file(run, name).unlink(missing_ok=True)
            for folder in _FOLDERS[name]:
                run.clear(folder)
                if (other.root / folder).exists():
                    shutil.copytree(other.root / folder, run.root / folder, copy_function=_link)
            write_json(record_file(run, name), record)
            context.progress.detail(f"{name}: taken over from {other.root}")
            return


def _link(source: str, target: str) -> None:
    """Give a file a second name, or copy it where the disk cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _refuse_unless_done(name: str, context: Context, config: Config) -> None:
    run = context.run
    left = read_record(run, name)
    if not left.get("done"):
        raise InputError(f"{run.root} has not been through {name} yet; "
                         f"run `tag2mask {name} {run.root}` first.")
    if left.get("fingerprint") != _fingerprint(name, context, config):
        raise InputError(f"{run.root} went through {name} with other settings; "
                         f"run `tag2mask {name} {run.root}` with those of now first.")


def _is_whole(name: str, context: Context, config: Config) -> bool:
    """Whether the files that later stages and people look for are still there."""
    run, photos = context.run, context.dataset.photos
    tagged = [photo for photo in photos if photo.tags]
    files: dict[str, list[Path]] = {
        "classify": [run.classifier / "weights.safetensors", run.classifier / "tags.csv"],
        "activate": [run.map_file(photo.name) for photo in tagged],
        "sharpen": [run.root / "sharp" / "background.json",
                    *(run.sharp_file(photo.name) for photo in tagged)],
        "label": [run.mask_file(photo.name) for photo in photos],
        "segment": [run.segmenter / "weights.safetensors",
                    *[run.segmenter / MODEL] * config.segment.onnx],
        "evaluate": [run.metrics, run.photo_scores, run.trust],
        "report": [run.report],
    }
    return all(path.exists() for path in files[name])


def _fingerprint(name: str, context: Context, config: Config) -> str:
    """Hash everything that decides a stage's result: data, seed, settings up to this stage.

    True masks decide what is measured, and by request ("oracle") the pseudo masks too.
    """
    names = [stage for stage, _ in STAGES]
    parts: list[Any] = [context.dataset.fingerprint(), config.seed]
    first = "label" if config.label.threshold == "oracle" else "evaluate"
    if names.index(name) >= names.index(first):
        parts.append(masks_fingerprint(context.dataset))
    for stage in names[: names.index(name) + 1]:
        settings = getattr(config, stage, None)
        told = asdict(settings) if settings else {}
        parts.append([stage, {key: told[key] for key in told if key not in _DECIDES_NOTHING}])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _context(
    folder: RunFolder, config: Config, device: str, workers: int, progress: Progress
) -> Context:
    return Context(
        run=folder, dataset=read_run_dataset(folder), seed=config.seed, device=device,
        workers=workers, progress=progress,
    )
