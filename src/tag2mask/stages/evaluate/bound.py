"""The bound of the network: the same network, trained in the same way on true masks.

It is a small run of its own in `bound/`, which the stage `segment` fills like any other: its
photos are the training photos with true masks, its masks are these. No other photo takes part, so
the epoch is chosen on the training photos, and the bound does not depend on the pseudo masks.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from tag2mask.core.processes import barrier, first_says
from tag2mask.core.settings import compose, read_toml
from tag2mask.data.dataset import Dataset, Photo, content_of
from tag2mask.data.masks import load_mask, save_mask
from tag2mask.run_folder.context import Context, read_record, record_file, recorded
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.origin import masks_fingerprint
from tag2mask.stages import STAGES
from tag2mask.stages.stage import Stage

_NEEDED = ("weights.safetensors", "tags.csv")
"""Files of the classifier that `segment` reads."""


def masked_photos(dataset: Dataset) -> tuple[Photo, ...]:
    """Return the training photos with a true mask, on which the bound is trained."""
    return tuple(photo for photo in dataset.split("train") if photo.mask)


def train_bound(context: Context) -> RunFolder:
    """Train the bound of a run, or return the one that was trained with the same inputs.

    Args:
        context: the run, of which at least one training photo has a true mask.

    Returns:
        The folder `bound/` as a run folder with a network.
    """
    stage = next(stage for stage in STAGES if stage.name == "segment")
    photos = masked_photos(context.dataset)
    inner = replace(
        context, run=RunFolder(context.run.root / "bound"),
        dataset=replace(context.dataset, photos=photos),
    )
    settings = _settings(context.run, stage)
    current = _fingerprint(context, inner.dataset, counted(stage, settings))
    if first_says(lambda: _prepare(context, inner, stage, settings, current)):
        with recorded(inner.run, stage.name, current) as record:
            stage(inner, _composed(stage, settings), record)
            barrier()
    return inner.run


def _prepare(
    context: Context, inner: Context, stage: Stage, settings: Mapping[str, object], current: str
) -> bool:
    """Return whether the bound must be trained; if so, provide everything that it reads."""
    left, photos = read_record(inner.run, stage.name), inner.dataset.photos
    if left is None or left.fingerprint != current:
        record_file(inner.run, stage.name).unlink(missing_ok=True)
        for folder in ("classifier", "masks", *stage.owns):
            inner.run.clear(folder)
    elif left.done and all(path.exists() for path in _outputs(stage, inner, settings)):
        context.progress.detail("evaluate: the bound is already trained")
        return False
    context.progress.say(
        f"evaluate: training the bound, the same network on the true masks of {len(photos):,} of "
        f"{len(context.dataset.split('train')):,} training photos"
    )
    _take_classifier(context.run, inner.run)
    _take_masks(inner)
    return True


def _settings(run: RunFolder, stage: Stage) -> dict[str, object]:
    """Return the settings of the network's training, without an export that nobody needs."""
    own = read_toml(run.config).get(stage.name, {})
    return {**(own if isinstance(own, Mapping) else {}), "onnx": False}


def _composed(stage: Stage, settings: Mapping[str, object]) -> object:
    """Return the settings as the dataclass of the stage."""
    module, _, name = stage.config.partition(":")
    schema: type[object] = getattr(import_module(module), name)
    return compose(schema, trees=[settings])


def counted(stage: Stage, settings: Mapping[str, object]) -> dict[str, object]:
    """Return the settings without those of later versions that have their default."""
    usual = _composed(stage, {})
    return {key: value for key, value in settings.items()
            if key not in stage.added or value != getattr(usual, key)}


def _outputs(stage: Stage, inner: Context, settings: Mapping[str, object]) -> list[Path]:
    return list(map(Path, stage.outputs(inner.run, inner.dataset, _composed(stage, settings))))


def _fingerprint(context: Context, dataset: Dataset, settings: Mapping[str, object]) -> str:
    """Hash all inputs: photos, true masks, seed, the classifier that it starts from, settings."""
    weights = content_of(context.run.classifier / _NEEDED[0])
    parts = [dataset.fingerprint(), masks_fingerprint(dataset), context.seed, weights, settings]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _take_classifier(run: RunFolder, bound: RunFolder) -> None:
    """Link the files of the classifier, or copy them where links are not supported."""
    bound.classifier.mkdir(parents=True, exist_ok=True)
    for name in _NEEDED:
        source, target = run.classifier / name, bound.classifier / name
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)


def _take_masks(inner: Context) -> None:
    """Write the true masks as the masks of the run, in labels."""
    labels = len(inner.dataset.classes) + 1
    for photo in inner.dataset.photos:
        path = inner.run.mask_file(photo.name)
        if photo.mask and not path.exists():
            truth = load_mask(photo.mask, size=None, num_labels=labels)
            save_mask(path, truth, num_labels=labels)
