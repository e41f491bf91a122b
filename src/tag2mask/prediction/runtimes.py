"""Runtimes of a trained network: ONNX Runtime, torch, compiled or not, or OpenVINO.

A new runtime is one function and one line in `RUNTIMES`. Runtimes in bfloat16 round;
`runtime_choice` tests whether this changes masks.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.core.device import channels_last, numbered
from tag2mask.core.json_records import read_record
from tag2mask.core.machine import machine_key
from tag2mask.core.precision import in_bfloat16
from tag2mask.core.profiling import LOAD, work
from tag2mask.core.registry import Registry
from tag2mask.prediction.exported import open_exported
from tag2mask.prediction.outputs import Output
from tag2mask.run_folder.records import RuntimeChoice
from tag2mask.run_folder.segmenter_spec import SegmenterSpec
from tag2mask.run_folder.weights import read_header, read_weights

if TYPE_CHECKING:  # imported late, like each runtime
    import torch
    from torch import Tensor, nn

GRID = 32
"""Photos are padded to a multiple of this before a network reads them."""

Runtime = Callable[[np.ndarray], Output]
"""Maps images (B, 3, H, W) float32, H and W multiples of `GRID`, to logits and tags."""

Loader: TypeAlias = "Callable[[Path, torch.device, int], tuple[Runtime, SegmenterSpec]]"
"""Takes the folder of a network, the device and the number of threads that will call it at once."""

RUNTIMES: Registry[Loader] = Registry("runtime", group="tag2mask.runtimes")
"""The runtimes of `load_runtime`, besides "auto"."""

MODEL, WEIGHTS, CHOICE = "model.onnx", "weights.safetensors", "runtime.json"
USUAL = "onnx"
"""The fastest runtime in float32 on all measured CPUs."""


def bfloat16_runtimes() -> tuple[str, ...]:
    """Return the installed runtimes in bfloat16 if networks compute in it; otherwise ()."""
    if not in_bfloat16():
        return ()
    return ("torch_bfloat16", "openvino_bfloat16") if find_spec("openvino") else ("torch_bfloat16",)


def load_runtime(
    folder: Path, name: str = "auto", *, device: str | torch.device = "cpu", together: int = 1
) -> tuple[Runtime, SegmenterSpec]:
    """Load a trained network into a runtime that any number of threads can call.

    Args:
        folder: `segmenter/` of a run.
        name: one of `RUNTIMES`, or "auto": torch on a GPU; on a CPU the runtime in bfloat16
            that was chosen after training on the same machine, if any, otherwise ONNX Runtime, or
            torch if the network was not exported.
        device: for torch, compiled or not; the others compute on the CPU.
        together: number of threads that call it concurrently. ONNX Runtime then uses a share of the
            cores for each, which reduces waiting; the other runtimes run one call at a time.

    Raises:
        InputError: an unknown runtime, one that is not installed, or a damaged file.
    """
    name = runtime_for(folder, name, device)
    with work(LOAD):
        return RUNTIMES.get(name)(folder, _device(name, device), together)


def runtime_for(folder: Path, name: str, device: str | torch.device) -> str:
    """Return the name of the runtime that "auto" is for a network; see `load_runtime`."""
    if name != "auto":
        return name
    return _chosen(folder) if str(device).partition(":")[0] == "cpu" else "torch"


def _device(runtime: str, device: str | torch.device) -> torch.device:
    """Return the device for a runtime; ONNX Runtime ignores it and does not wait for torch.

    A runtime is called by several threads, so a GPU has a number.
    """
    if runtime == USUAL:
        return cast("torch.device", device)
    import torch

    return numbered(torch.device(device))


def _chosen(folder: Path) -> str:
    choice = read_record(folder / CHOICE, RuntimeChoice)
    if choice and choice.runtime != USUAL and _holds_here(choice) \
            and choice.runtime in bfloat16_runtimes():
        return choice.runtime
    exported, trained = ((folder / file).exists() for file in (MODEL, WEIGHTS))
    return "torch" if trained and not exported else USUAL


def chosen_for() -> str:
    """Return the key of the machine and the versions that a choice of a runtime holds for."""
    return machine_key("onnxruntime", "openvino", "torch")


def _holds_here(choice: RuntimeChoice) -> bool:
    """Return whether a choice was made on this machine; older records do not state it."""
    return choice.machine in ("", chosen_for())


def _in_turn(run: Runtime, together: int = 1) -> Runtime:
    """Limit the number of concurrent calls; further threads wait."""
    turn = threading.Semaphore(together)

    def wait(images: np.ndarray) -> Output:
        with turn:
            return run(images)

    return wait


def _onnx(folder: Path, _: torch.device, together: int) -> tuple[Runtime, SegmenterSpec]:
    session, spec = open_exported(folder / MODEL, together)
    labels = len(spec.classes) + 1

    def run(images: np.ndarray) -> Output:
        found = Output(*session.run(None, {"images": images}))
        if found.logits.shape[1] != labels:
            raise InputError(
                f"{folder / MODEL} is not the network of this run: it gives "
                f"{found.logits.shape[1]} values a pixel, not {labels}; export it again.")
        return found

    return _in_turn(run, together), spec


def _torch(
    folder: Path, device: torch.device, _: int, *,
    prepare: Callable[[nn.Module], Callable[[Tensor], tuple[Tensor, Tensor | None]]] =
        lambda network: network,
    bfloat16: bool = False,
) -> tuple[Runtime, SegmenterSpec]:
    import torch

    from tag2mask.models.backbones.conv_norm import fold_all
    from tag2mask.models.backbones.weights import load_strictly
    from tag2mask.models.segmenters.saving import build_segmenter
    from tag2mask.models.segmenters.segmenter import WithTags

    path = folder / WEIGHTS
    state = read_weights(path)
    try:
        spec = SegmenterSpec.from_header(read_header(path))
    except (KeyError, ValueError) as error:
        raise InputError(f"{path} was not written by tag2mask; train the network.") from error
    try:
        network = build_segmenter(spec).eval()
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    load_strictly(network, state, str(path))
    fold_all(network)
    prepared = prepare(WithTags(channels_last(network, device)).eval())

    def run(images: np.ndarray) -> Output:
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            given = torch.from_numpy(images).to(device, memory_format=torch.channels_last)
            logits, tags = prepared(given)
        return Output(logits.cpu().numpy(), None if tags is None else tags.cpu().numpy())

    return _in_turn(run), spec


def _compiled(folder: Path, device: torch.device, _: int) -> tuple[Runtime, SegmenterSpec]:
    compiler = os.environ.get("CXX", "g++")
    if device.type == "cpu" and shutil.which(compiler) is None:
        raise InputError(
            f"The compiled runtime needs the C++ compiler {compiler}; install it, or name another "
            "in CXX."
        )
    import torch

    # Photos have many shapes, and one compilation takes longer than a hundred of them.
    return _torch(folder, device, 1, prepare=partial(torch.compile, dynamic=True))


def _openvino(
    folder: Path, _: torch.device, __: int, *, bfloat16: bool = False
) -> tuple[Runtime, SegmenterSpec]:
    try:
        openvino: Any = import_module("openvino")
    except ImportError as error:
        raise InputError(
            "OpenVINO is not installed; run `pip install 'tag2mask[openvino]'`."
        ) from error
    spec = open_exported(folder / MODEL)[1]
    core = openvino.Core()
    # The default on CPUs with bfloat16 is bfloat16.
    hint = {"INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32"}
    compiled = core.compile_model(core.read_model(folder / MODEL), "CPU", hint)

    def run(images: np.ndarray) -> Output:
        found = compiled({"images": images})
        return Output(*(found[place].copy() for place in range(len(compiled.outputs))))

    return _in_turn(run), spec


RUNTIMES.update({
    USUAL: _onnx, "torch": _torch, "compiled": _compiled, "openvino": _openvino,
    "torch_bfloat16": partial(_torch, bfloat16=True),
    "openvino_bfloat16": partial(_openvino, bfloat16=True),
})
