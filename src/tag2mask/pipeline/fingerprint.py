"""Fingerprint of a stage: a hash of data, seed, and all settings up to the stage."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from tag2mask.data.dataset import Dataset
from tag2mask.data.reading_rules import depth_of
from tag2mask.pipeline.config import Config
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.origin import (
    annotations_fingerprint,
    former_fingerprints,
    masks_fingerprint,
)
from tag2mask.stages import STAGES, Stage


def fingerprint(stage: Stage, context: Context, config: Config) -> str:
    """Hash all inputs that determine the result of `stage`.

    True masks are included from the first stage that reads them, as is each kind of annotation.
    """
    return _hashed(stage, config, _inputs(context.dataset))


def is_current(known: object, stage: Stage, context: Context, config: Config) -> bool:
    """Return whether a recorded fingerprint is that of `stage` with the current inputs.

    In runs of version 0.1, which stored no content hashes, files were identified by size.
    """
    if known == fingerprint(stage, context, config):
        return True
    former = _Inputs(context.dataset, *former_fingerprints(context.dataset))
    return not context.run.contents.exists() and known == _hashed(stage, config, former)


def settings_digest(stage: Stage, dataset: Dataset, config: Config) -> str:
    """Hash the settings that determine the result of `stage`, without reading photos or masks.

    On one data set, two runs with the same digest have the same fingerprint.
    """
    return _hashed(stage, config, _Inputs(dataset, "", ""))


@dataclass(frozen=True)
class _Inputs:
    """A data set, and the fingerprints of its photos and of its masks."""

    dataset: Dataset
    photos: str
    masks: str


_known: list[_Inputs] = []
"""The inputs of the last data set, whose hashes every stage needs several times."""


def _inputs(dataset: Dataset) -> _Inputs:
    """Hash a data set; once, if the hashes of all its files are known, so that none is read."""
    if _known and _known[0].dataset is dataset:
        return _known[0]
    made = _Inputs(dataset, dataset.fingerprint(), masks_fingerprint(dataset))
    if all(photo.content and (photo.mask_content or photo.mask is None)
           for photo in dataset.photos):
        _known[:] = [made]
    return made


def _hashed(stage: Stage, config: Config, inputs: _Inputs) -> str:
    upto, depth = STAGES[: STAGES.index(stage) + 1], depth_of(inputs.dataset)
    parts: list[Any] = [inputs.photos, config.seed, *([depth.to_text()] if depth else [])]
    if any(each.reads_masks(settings_of(each, config)) for each in upto):
        parts.append(inputs.masks)
    kinds = {kind for each in upto for kind in each.annotations(settings_of(each, config))}
    if given := annotations_fingerprint(inputs.dataset, kinds):
        parts.append(given)
    parts += [_part(each, config, annotated=bool(given)) for each in upto]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def settings_of(stage: Stage, config: Config) -> Any:  # noqa: ANN401 - the stage's own dataclass
    """Return the section of the settings that belongs to `stage`; None if it has none."""
    return getattr(config, stage.name) if stage.config else None


def _part(stage: Stage, config: Config, *, annotated: bool) -> list[Any]:
    """Return the part of a stage in the hash; its version is included if it was incremented."""
    own = settings_of(stage, config)
    settings = asdict(own) if stage.config else {}
    idle = {*stage.inert, *stage.idle(own), *(() if annotated else stage.annotated_only)}
    idle |= {key for key in stage.added if settings[key] == getattr(type(own)(), key)}
    counted = {key: value for key, value in settings.items() if key not in idle}
    environment = sorted(stage.environment(own))
    return [stage.name, counted, *([stage.version] if stage.version > 1 else []), *environment]
