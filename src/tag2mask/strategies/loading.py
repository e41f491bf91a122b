"""A classifier built from settings, or loaded from a run folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from tag2mask.core.contracts import InputError
from tag2mask.core.device import channels_last
from tag2mask.core.hub_address import is_on_hub, repository_of
from tag2mask.core.processes.late_files import await_file
from tag2mask.core.profiling import LOAD, work
from tag2mask.models.backbones import BACKBONES, BackboneModule, create_backbone
from tag2mask.models.backbones.conv_norm import fold_all
from tag2mask.models.backbones.weights import load_strictly
from tag2mask.models.classifiers import Classifier, ClassifierSpec
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.recognising import refuse_no_run
from tag2mask.run_folder.weights import read_header, read_weights, write_weights
from tag2mask.strategies import create_strategy


def build_classifier(spec: ClassifierSpec, *, start: bool) -> Classifier:
    """Build the classifier: backbone and head.

    Args:
        spec: what to build.
        start: load the initial weights of the training.
    """
    weights = spec.weights if start and spec.weights != "none" else None
    with work(LOAD):
        backbone = create_backbone(
            spec.backbone, weights=weights, output_stride=spec.output_stride
        )
        backbone.fixed_statistics = spec.weights != "none"
        head = create_strategy(spec.strategy).head_for(backbone, len(spec.classes))
        return Classifier(backbone, head, spec)


def pretraining_of(backbone: str, weights: str) -> str:
    """Describe the data that the backbone was pretrained on."""
    if weights == "none":
        return "none (from scratch)"
    if weights == "pretrained":
        return BACKBONES.get(backbone).pretraining
    return repository_of(weights) if is_on_hub(weights) else Path(weights).name


def save_classifier(run: RunFolder, classifier: Classifier, number: int = 1) -> None:
    """Write the weights of a round, with the classifier's spec in their header."""
    path = run.round_folder(number) / "weights.safetensors"
    write_weights(path, classifier.state_dict(), classifier.spec.to_header())


def load_classifier(
    run: str | Path, *, device: str | torch.device = "cpu", output_stride: int | None = None,
    number: int = 1,
) -> Classifier:
    """Load the trained classifier of a run, ready to read maps from.

    Args:
        run: the run folder.
        device: device of the classifier.
        output_stride: 8 or 16; the weights fit both. By default the one used in training.
        number: number of the training round, for strategies with several; tags are predicted by
            the first.

    Returns:
        A `Classifier` in evaluation mode, with its `spec`.

    Raises:
        InputError: the run has no classifier yet, or its file is damaged.
    """
    path = RunFolder(Path(run)).round_folder(number) / "weights.safetensors"
    await_file(path)
    if not path.exists():
        refuse_no_run(Path(run))
        raise InputError(f"{run} has no classifier yet; run `tag2mask classify {run}` first.")
    state = read_weights(path)
    try:
        spec = ClassifierSpec.from_header(read_header(path))
    except (KeyError, ValueError) as error:
        raise InputError(f"{path} was not written by tag2mask; train the classifier.") from error
    wanted = replace(spec, output_stride=output_stride or spec.output_stride)
    try:
        classifier = build_classifier(wanted, start=False)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    load_strictly(classifier, state, str(path))
    fold_all(classifier.eval())
    return channels_last(classifier, device)


def load_untrained_backbone(spec: ClassifierSpec) -> BackboneModule | None:
    """Load the backbone before its training on the tags; None if it started from scratch."""
    known = spec.weights == "pretrained" or is_on_hub(spec.weights)
    if spec.weights == "none" or not (known or Path(spec.weights).exists()):
        return None
    backbone = create_backbone(
        spec.backbone, weights=spec.weights, output_stride=spec.output_stride
    )
    fold_all(backbone.eval())
    return backbone
