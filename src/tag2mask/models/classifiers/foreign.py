"""Classifiers from other sources: a model by name or function, and a file of weights."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BACKBONES, create_backbone
from tag2mask.models.backbones.checkpoints import Fitted, fitted
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.backbones.weights import load_fitting, load_strictly, read_state


class PublishedClassifier(nn.Module):
    """A backbone with the linear class layer of its published weights."""

    map_layer = "representation"

    def __init__(self, backbone: BackboneModule, num_classes: int) -> None:
        """Initialise from the two parts.

        Args:
            backbone: returns features.
            num_classes: K.
        """
        super().__init__()
        self.backbone, self.representation = backbone, nn.Identity()
        self.head = nn.Linear(backbone.evidence_channels, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits (B, K)."""
        feature = self.representation(self.backbone.representation(self.backbone(images)))
        logits: Tensor = self.head(feature.mean((2, 3)))
        return logits


def load_foreign(model: str, weights: str | Path) -> nn.Module:
    """Build a classifier and load its weights.

    Args:
        model: name of a backbone, whose published class layer is in the weights; or
            "module:function", a function that is imported and returns a module.
        weights: a state dict in a file, safetensors or `.pth` (read without unpickling code), or
            "pretrained" for a backbone's own.

    Returns:
        the classifier, in evaluation mode.

    Raises:
        InputError: the model does not exist, or the weights do not fit.
    """
    if ":" in model:
        built = _build(model)
        load_fitting(built, read_state(Path(weights)), str(weights))
        return built.eval()
    return _published(model, weights).eval()


def _published(name: str, weights: str | Path) -> PublishedClassifier:
    entry = BACKBONES.get(name)
    if weights == "pretrained":
        if entry.pretrained is None:
            raise InputError(f"There are no pretrained weights for {name}; give a file.")
        weights = entry.pretrained()
    state, backbone = read_state(Path(weights)), create_backbone(name)
    found = fitted(state, backbone.state_dict(), str(weights), read=entry.read)
    load_strictly(backbone, found.tensors, str(weights))
    backbone.fixed_statistics = True
    head = _class_layer(found, entry.heads, backbone.evidence_channels)
    if head is None:
        raise InputError(f"{weights} holds no linear class layer over {name}; name the whole model "
                         "as module:function.")
    classifier = PublishedClassifier(backbone, len(head["weight"]))
    load_strictly(classifier.head, head, str(weights))
    return classifier


def _class_layer(
    found: Fitted, heads: tuple[str, ...], channels: int
) -> dict[str, Tensor] | None:
    """Find weight and bias of the class layer in a backbone's checkpoint; None without one.

    Args:
        found: the backbone's tensors, and the ignored names.
        heads: prefixes of published names of the class layer.
        channels: C, number of input channels of the layer.
    """
    own = {key: value for key, value in found.published.items()
           if key.startswith(heads) and key.count(".") == 1}
    for group in (own, found.outside):
        for key, weight in group.items():
            home, _, leaf = key.rpartition(".")
            bias = group.get(f"{home}.bias")
            if leaf == "weight" and weight.dim() == 2 and weight.shape[1] == channels \
                    and bias is not None and bias.shape == weight.shape[:1]:
                return {"weight": weight, "bias": bias}
    return None


def _build(model: str) -> nn.Module:
    """Import and call "module:function"; modules of the current folder are found as well."""
    home, _, function = model.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        made = getattr(import_module(home), function)()
    except (ImportError, AttributeError, TypeError) as error:
        raise InputError(
            f"--model {model}: {error}; write module:function, which returns the model without "
            "being given anything."
        ) from error
    if not isinstance(made, nn.Module):
        raise InputError(f"--model {model} returns a {type(made).__name__}, no torch module.")
    return made
