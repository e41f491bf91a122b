"""Look-up of layers by name, and access to their outputs without modifying the model."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import OutOfMemoryError, Tensor, nn

from tag2mask.core.contracts import InputError, nearest

OnOutput = Callable[[str, Tensor], Tensor | None]
"""Receives a layer's name and output; a returned tensor replaces the output."""


def plain(model: nn.Module) -> nn.Module:
    """Return the eager module inside a `torch.compile` or data-parallel wrapper.

    Hooks and gradients do not work through these wrappers; the weights are shared.
    """
    wrapped = isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel)
    inner: object = getattr(model, "module" if wrapped else "_orig_mod", None)
    return plain(inner) if isinstance(inner, nn.Module) else model


def layer_names(
    model: nn.Module, given: str | nn.Module | Sequence[str | nn.Module] | None
) -> tuple[str, ...]:
    """Return the names of layers that are given by name or as modules.

    Args:
        model: the model, possibly compiled or data-parallel.
        given: one or several layers.

    Raises:
        InputError: a module is not part of the model, or a layer has an invalid type.
    """
    if given is None:
        return ()
    several = (given,) if isinstance(given, str | nn.Module) else given
    if not isinstance(several, Sequence):
        raise InputError(f"layer is a {type(given).__name__}; give a name out of "
                         "model.named_modules(), or the module itself.")
    return tuple(_name_of(model, layer) for layer in several)


def _name_of(model: nn.Module, layer: object) -> str:
    inner = plain(model)
    if isinstance(layer, str):  # a wrapper adds a prefix to every name
        wanted = dict(model.named_modules()).get(layer) if model is not inner else None
        return layer if wanted is None else _name_of(model, wanted)
    if not isinstance(layer, nn.Module):
        raise InputError(f"layer is a {type(layer).__name__}; give a name out of "
                         "model.named_modules(), or the module itself.")
    layer = plain(layer)
    name: str | None = next((name for name, own in inner.named_modules() if own is layer), None)
    if not name:
        whole = "the model itself" if name == "" else "no part of the model"
        raise InputError(f"The layer that was given, a {type(layer).__name__}, is {whole}; give "
                         "one of model.named_modules().")
    return name


def find_layers(model: nn.Module, names: Sequence[str]) -> list[nn.Module]:
    """Look layers up by their names in `model.named_modules()`.

    Raises:
        InputError: no layer has one of the names; the nearest names are listed.
    """
    layers = {name: layer for name, layer in model.named_modules() if name}
    for name in names:
        if name not in layers:
            near = nearest(name, layers)
            top = ", ".join(known for known in layers if "." not in known)
            hint = f"did you mean {near}?" if near in layers else f"at the top there are {top}."
            raise InputError(f"The model has no layer {name!r}; {hint}")
    return [layers[name] for name in names]


@contextmanager
def watched(
    model: nn.Module, names: Sequence[str], on_output: OnOutput, *, objects: set[str] | None = None
) -> Iterator[None]:
    """Call `on_output` with the outputs of the layers while the block runs, in this thread only.

    The hooks are always removed. If an output is a tuple or a mapping, its first tensor is used;
    names of layers that return mappings are added to `objects`.
    """
    owner = threading.get_ident()

    def hook_for(name: str) -> Callable[[nn.Module, Any, Any], Any]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> Any:  # noqa: ANN401 - any model's
            if threading.get_ident() != owner:
                return None
            whole = isinstance(output, Tensor)
            tensor = output if whole else _first_tensor(output)
            if objects is not None and isinstance(output, dict):
                objects.add(name)
            changed = None if tensor is None else on_output(name, tensor)
            if changed is None or whole:
                return changed
            return _with_first(output, changed)

        return hook

    with ExitStack() as stack:
        for name, layer in zip(names, find_layers(model, names), strict=True):
            stack.callback(layer.register_forward_hook(hook_for(name)).remove)
        yield


def call(model: nn.Module, images: Tensor) -> Any:  # noqa: ANN401 - whatever a foreign model gives
    """Run a model eagerly, even after `model.compile()`.

    Raises:
        InputError: the model fails on these images; its own error is the cause.
    """
    try:
        return model._call_impl(images)  # type: ignore[no-untyped-call]
    except (InputError, MemoryError, OutOfMemoryError):
        raise
    except Exception as error:  # foreign models raise arbitrary errors
        raise InputError(
            f"{type(model).__name__} cannot be run on images {tuple(images.shape)}: "
            f"{type(error).__name__}: {error}; check that model(images) works."
        ) from error


def _with_first(output: Any, changed: Tensor) -> Any:  # noqa: ANN401 - whatever a layer gives
    """Replace the first tensor of an output."""
    if isinstance(output, dict):
        key = next(key for key, part in output.items() if isinstance(part, Tensor))
        whole = copy.copy(output)
        whole[key] = changed
        return whole
    place = next(index for index, part in enumerate(output) if isinstance(part, Tensor))
    parts = [*output[:place], changed, *output[place + 1 :]]
    named = getattr(type(output), "_make", type(output))  # a namedtuple takes its fields one by one
    return named(parts)


def _first_tensor(output: Any) -> Tensor | None:  # noqa: ANN401 - whatever a foreign layer gives
    if not isinstance(output, dict | list | tuple):
        return None
    parts = output.values() if isinstance(output, dict) else output
    return next((part for part in parts if isinstance(part, Tensor)), None)
