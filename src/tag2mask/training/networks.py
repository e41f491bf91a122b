"""The network that `segment` trains: its encoder and initial weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.processes import exists
from tag2mask.models.backbones import BACKBONES, create_backbone
from tag2mask.models.classifiers import Classifier
from tag2mask.models.segmenters import SEGMENTERS, Segmenter, create_segmenter
from tag2mask.models.segmenters.calibration import calibrate, nearest_layer
from tag2mask.run_folder.segmenter_spec import SegmenterSpec
from tag2mask.run_folder.weights import read_weights
from tag2mask.strategies.loading import pretraining_of


@dataclass(frozen=True)
class Seen:
    """Features and maps of some photos, and their pseudo masks.

    Attributes:
        feature: (B, C, h, w), the feature that is classified.
        maps: (B, K, h, w), of all classes.
        masks: (B, h, w), the photos' pseudo masks.
    """

    feature: Tensor
    maps: Tensor
    masks: Tensor


FROM_SCRATCH = 5.0
"""Ratio of the learning rate of randomly initialised layers to that of pretrained ones."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """A network before its training.

    Attributes:
        network: network to train.
        spec: specification to rebuild the network.
        trained: whether the encoder starts from pretrained weights.
        pretraining: data the encoder's weights were trained on, for the protocol.
        early_blocks: number of encoder blocks that may be frozen.
    """

    network: Segmenter
    spec: SegmenterSpec
    trained: bool
    pretraining: str
    early_blocks: int


def start_network(
    classifier: Classifier, *, model: str, backbone: str, weights: str, long_side: int,
    tag_gate: bool = True,
) -> Start:
    """Build the network; over the classifier's backbone it starts from the classifier's weights.

    Args:
        classifier: the trained classifier.
        model: name of the network.
        backbone: name of its encoder; "" for the network's own, or else the classifier's.
        weights: initial weights of an encoder other than the classifier's.
        long_side: long side of the photos that it will read, in pixels.
        tag_gate: see `create_segmenter`; over the classifier's backbone it is initialised with the
            classifier's tags.

    Raises:
        InputError: an unknown name, or weights that do not fit or cannot be fetched.
    """
    entry, given = SEGMENTERS.get(model), classifier.spec
    name = encoder_name(model, backbone, classifier=given.backbone)
    shared = name == given.backbone
    stride = given.output_stride if shared else BACKBONES.get(name).output_stride
    if entry.backbone is not None:
        stride = entry.output_stride
    source = None if weights == "none" else weights
    encoder = create_backbone(name, weights=None if shared else source, output_stride=stride)
    if shared:
        encoder.load_state_dict(classifier.backbone.state_dict())
        encoder.fixed_statistics = classifier.backbone.fixed_statistics
        encoder.train()
    spec = SegmenterSpec(
        model=model, backbone=name, output_stride=stride, long_side=long_side,
        classes=given.classes, tag_gate=tag_gate, depth=given.depth,
    )
    network = create_segmenter(
        model, num_labels=len(given.classes) + 1, encoder=encoder, tag_gate=tag_gate
    )
    layer = classifier.head.class_weight
    if network.gate is not None and shared and layer is not None:
        network.gate.start_from(layer.detach().cpu())
    return Start(
        network=network, spec=spec, trained=shared or source is not None,
        pretraining=given.pretraining if shared else pretraining_of(name, weights),
        early_blocks=BACKBONES.get(name).early_blocks,
    )


def encoder_name(model: str, backbone: str, *, classifier: str) -> str:
    """Return the backbone of a network: the given one, or its own, or that of the classifier.

    Args:
        model: name of the network.
        backbone: name of a backbone; "" if none is given.
        classifier: backbone of the classifier.
    """
    return backbone or SEGMENTERS.get(model).backbone or classifier


def check_frozen(blocks: int | str) -> None:
    """Raise an error unless the setting is a number of blocks or "auto".

    Raises:
        ValueError: the setting is invalid.
    """
    if isinstance(blocks, str) and blocks != "auto":
        raise ValueError('frozen_blocks must be "auto" or a number of blocks')
    if not isinstance(blocks, str) and blocks < 0:
        raise ValueError("frozen_blocks must be 0 or more")


def frozen_blocks(setting: int | str, *, early_blocks: int, trained: bool) -> int:
    """Return the number of blocks to freeze; "auto" freezes no randomly initialised ones."""
    if isinstance(setting, str):
        return early_blocks if trained else 0
    return setting


def go_on_from(start: Start, weights: Path) -> bool:
    """Initialise a network with the weights of an earlier one; return whether it has this form.

    Args:
        start: the network.
        weights: file of the earlier network; it need not exist.
    """
    if not exists(weights):
        return False
    earlier, own = read_weights(weights), start.network.state_dict()
    if {name: value.shape for name, value in earlier.items()} != \
            {name: value.shape for name, value in own.items()}:
        return False
    start.network.load_state_dict(earlier)
    return True


def start_as_maps(
    start: Start, classifier: Classifier, seen: Callable[[Classifier], Iterable[Seen]]
) -> None:
    """Initialise a network with a coarse path to predict the classifier's maps.

    Args:
        start: the network, over the classifier's backbone.
        classifier: classifier whose class layer is copied; for a head without one, a least-squares
            fit to its maps is used.
        seen: yields features and maps of photos and their pseudo masks, for the calibration.
    """
    coarse, weight = start.network.coarse, classifier.head.class_weight
    if coarse is None or start.spec.backbone != classifier.spec.backbone \
            or coarse.weight.shape[1] != classifier.backbone.evidence_channels:
        return
    if weight is None:
        weight = nearest_layer((each.feature, each.maps) for each in seen(classifier))
    layer = weight.detach().cpu()
    pairs = ((F.conv2d(each.feature, layer), each.masks) for each in seen(classifier))
    scale, floor = calibrate(pairs)
    start.network.start_from(weight, scale=scale, floor=floor)


def make_optimizer(start: Start, rate: float, decay: float) -> torch.optim.Optimizer:
    """Create an optimizer with a lower learning rate for pretrained than for new parameters.

    Args:
        start: the network.
        rate: learning rate of pretrained parameters; the others use `FROM_SCRATCH` times this.
        decay: weight decay of all weights.
    """
    network, trained = start.network, start.trained
    slow = [*network.encoder.parameters()] if trained else []
    for layer in (network.coarse, network.gate):
        slow += [*layer.parameters()] if trained and layer is not None else []
    known = {id(parameter) for parameter in slow}
    fast = [parameter for parameter in network.parameters() if id(parameter) not in known]
    groups = [
        {"params": [p for p in parameters if p.requires_grad], "lr": factor * rate}
        for parameters, factor in ((slow, 1.0), (fast, FROM_SCRATCH))
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=decay)
