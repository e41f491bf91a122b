"""Segment Anything from the package transformers: class-agnostic masks from a photo and points.

Kirillov et al., "Segment Anything" (ICCV 2023). The package is installed by the extra `foundation`
and imported when a network is loaded; only weights in safetensors are read.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.hub import WEIGHTS_FILE, fetch

_CONFIG = "config.json"


class PointNetwork(Protocol):
    """A network that encodes a photo once and then predicts masks for points."""

    side: int
    """Side of its square input, in pixels."""

    def embed(self, images: Tensor) -> Tensor:
        """Encode images (1, 3, side, side), normalised as for ImageNet, zero-padded."""
        ...

    def decode(self, embedding: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Predict masks at points.

        Args:
            embedding: result of `embed`.
            points: (P, 2) x and y in the square, in pixels.

        Returns:
            Logits (P, M, g, g) over the square, positive within a mask, and the predicted IoU of
            each mask (P, M).
        """
        ...


class Sam:
    """A `PointNetwork` around `SamModel` of transformers."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401  (known only once it is imported)
        """Wrap a model, which must already be on its device."""
        self._model = model.eval()
        self.side = int(model.config.vision_config.image_size)

    def embed(self, images: Tensor) -> Tensor:
        """See `PointNetwork.embed`."""
        embedding: Tensor = self._model.get_image_embeddings(images)
        return embedding

    def decode(self, embedding: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """See `PointNetwork.decode`."""
        found = self._model(image_embeddings=embedding, input_points=points[None, :, None])
        return found.pred_masks[0], found.iou_scores[0]


def load_sam(source: str, device: torch.device) -> Sam:
    """Load a network from a folder, or from the model hub (its cache or by download).

    Args:
        source: a folder with config.json and model.safetensors, or OWNER/REPO.
        device: device of the network.

    Raises:
        InputError: transformers is missing, the network does not exist, or it is not a SAM.
    """
    try:
        package = import_module("transformers")
    except ImportError as error:
        raise InputError(
            "sharpen.masks: making masks with sam: needs transformers; "
            "run `pip install 'tag2mask[foundation]'`."
        ) from error
    folder = _folder(source)
    package.logging.set_verbosity_error()  # errors are reported below
    package.logging.disable_progress_bar()
    try:
        model, loading = package.SamModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except Exception as error:  # files of something else make it raise nearly anything
        raise InputError(_no_sam(source, type(error).__name__)) from error
    if loading["missing_keys"] or loading.get("mismatched_keys"):
        raise InputError(_no_sam(source, "weights are missing"))
    return Sam(model.to(device))


def _folder(source: str) -> Path:
    if Path(source).is_dir():
        return Path(source)
    if source.count("/") != 1 or source.startswith((".", "/")):
        raise InputError(
            f"sharpen.masks: {source!r} is no folder and no OWNER/REPO of the model hub; "
            "write sam:FOLDER or, for instance, sam:facebook/sam-vit-base."
        )
    instead = "put it and its config.json in a folder and set sharpen.masks=sam:FOLDER"
    fetch(source, _CONFIG, instead=instead)
    return fetch(source, WEIGHTS_FILE, instead=instead).parent


def _no_sam(source: str, why: str) -> str:
    return (
        f"sharpen.masks: {source} holds no SAM that can be read ({why}); give one whose "
        'config.json says "model_type": "sam" and whose weights are in model.safetensors.'
    )
