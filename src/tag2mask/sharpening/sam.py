"""Segment Anything from the package transformers: class-agnostic masks from a photo and points.

Kirillov et al., "Segment Anything" (ICCV 2023). The package is installed by the extra `foundation`
and imported when a network is loaded; only weights in safetensors are read.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.hub import WEIGHTS_FILE, fetch

_CONFIG = "config.json"
_NEEDED = {_CONFIG: _CONFIG, WEIGHTS_FILE: "*.safetensors*"}
"""Files of a network, and patterns by which they are found."""
_NO_PACKAGE = ("sharpen.masks: making masks with sam: needs transformers; "
               "run `pip install 'tag2mask[foundation]'`.")


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
        raise InputError(_NO_PACKAGE) from error
    folder = find_sam(source)
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


def find_sam(source: str) -> Path:
    """Return the folder of a network; one on the model hub is downloaded into its cache.

    This loads nothing, so that it can be checked before a training.

    Raises:
        InputError: transformers or a file is missing.
    """
    if find_spec("transformers") is None:
        raise InputError(_NO_PACKAGE)
    if Path(source).is_dir():
        lost = [name for name, pattern in _NEEDED.items() if not any(Path(source).glob(pattern))]
        if lost:
            raise InputError(_no_sam(source, f"it has no {' and no '.join(lost)}"))
        return Path(source)
    if source.count("/") != 1 or source.startswith((".", "/")):
        raise InputError(
            f"sharpen.masks: {source!r} is no folder and no OWNER/REPO of the model hub; "
            "write sam:FOLDER or, for instance, sam:facebook/sam-vit-base."
        )
    folder = "in one folder and set sharpen.masks=sam:FOLDER"
    weights = fetch(source, WEIGHTS_FILE, instead=f"put it and the {_CONFIG} beside it {folder} "
                    "(or do without SAM: --outside-help auto)")
    fetch(source, _CONFIG, instead=f"put it and the {WEIGHTS_FILE} beside it {folder}")
    return weights.parent


def _no_sam(source: str, why: str) -> str:
    return (
        f"sharpen.masks: {source} holds no SAM that can be read ({why}); give one whose "
        'config.json says "model_type": "sam" and whose weights are in model.safetensors.'
    )
