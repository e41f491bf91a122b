"""Export a network to ONNX for any batch size, height and width, checked against torch."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from tag2mask.core.contracts import InputError
from tag2mask.core.files import atomic_path
from tag2mask.core.onnx_sessions import session_options
from tag2mask.core.profiling import EXPORT, work
from tag2mask.models.backbones.conv_norm import ConvNorm, fold_all
from tag2mask.models.backbones.onnx_graph import OPSET, traced
from tag2mask.models.segmenters.segmenter import Segmenter, WithTags
from tag2mask.prediction.runtimes import GRID

_TOLERANCE = 1e-4
_CHATTY = ("onnxscript", "torch.onnx._internal.exporter._registration")
_CHECKED = ((1, 5 * GRID, 2 * GRID), (2, GRID, 4 * GRID))
"""Batch size, height and width of the images that are compared: neither is the traced size."""


class ExportError(InputError):
    """No exporter gives a graph that agrees with the network."""


def export_onnx(network: nn.Module, path: Path, about: dict[str, str]) -> None:
    """Write `network` as ONNX: input `images` (B, 3, H, W), output `logits` (B, K + 1, H, W).

    A network with a gate has a second output `tags` (B, K), the gate's logits, with which the gate
    can be taken out where the tags of a photo are known. Height and width are any multiples of
    `GRID`. torch has two exporters, which are tried in turn; the file is only written if it agrees
    with torch on sizes other than the traced one.

    Args:
        network: the network on the CPU, in float32; set to evaluation mode.
        path: path that ends in `.onnx`.
        about: metadata of the file.

    Raises:
        ExportError: both exporters fail, or ONNX Runtime and torch disagree on their results.
    """
    network.eval()
    fold_all(network)
    network.requires_grad_(False)
    if getattr(network, "gate", None) is not None:
        network = WithTags(cast("Segmenter", network)).eval()
    for module in network.modules():
        if isinstance(module, nn.ReLU | ConvNorm):
            module.inplace = False  # in-place operators double the time of torch.export
    with work(EXPORT):
        model = _exported(network, path)
        onnx.helper.set_model_props(model, about)
        with atomic_path(path) as temporary:
            onnx.save(model, temporary)


def _exported(network: nn.Module, path: Path) -> onnx.ModelProto:
    """Return the graph of the first exporter whose graph agrees with the network."""
    failures = []
    for exporter in EXPORTERS:
        try:
            with _only_errors():
                model = exporter(network)
            _forget_origin(model)
            labels = _check(network, model)
        except OSError as error:  # a full disk fails every exporter
            raise InputError(
                f"{path} cannot be written: {error.strerror or error}; free space "
                "or choose another --out.") from error
        except Exception as error:  # they have no common base class
            failures.append(error)
        else:
            for output, channels in zip(model.graph.output, (labels, labels - 1), strict=False):
                output.type.tensor_type.shape.dim[1].dim_value = channels
            return model
    why = "; ".join(f"{type(error).__name__}: {_first_line(error)}" for error in failures)
    raise ExportError(f"The network cannot be exported to ONNX ({why}); set segment.onnx=false to "
                      "do without, and prediction uses torch.") from failures[-1]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]


def _by_tracing(network: nn.Module) -> onnx.ModelProto:
    outputs, sides = _outputs(network), {0: "batch", 2: "height", 3: "width"}
    axes = {"images": sides, "logits": sides, "tags": {0: "batch"}}
    return traced(network, _example(), outputs=outputs,
                  axes={name: axes[name] for name in ("images", *outputs)})


def _by_torch_export(network: nn.Module) -> onnx.ModelProto:
    """Use the newer exporter: 20 times slower, and the only one of later versions of torch."""
    side = torch.export.Dim("h", min=1, max=512), torch.export.Dim("w", min=1, max=512)
    batch = torch.export.Dim("batch", min=1, max=4096)
    shapes = ({0: batch, 2: GRID * side[0], 3: GRID * side[1]},)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "exported.onnx"
        torch.onnx.export(
            network, (_example(),), file, input_names=["images"], output_names=_outputs(network),
            dynamic_shapes=shapes, dynamo=True, external_data=False, verbose=False, optimize=True,
            opset_version=OPSET + 1,  # the oldest that it writes
        )
        return onnx.load(file)


EXPORTERS: tuple[Callable[[nn.Module], onnx.ModelProto], ...] = (_by_tracing, _by_torch_export)
"""The ways to export a network, the fastest first."""


def _outputs(network: nn.Module) -> list[str]:
    return ["logits", "tags"] if isinstance(network, WithTags) else ["logits"]


def _example() -> torch.Tensor:
    return torch.zeros(2, 3, 3 * GRID, 4 * GRID)


def _forget_origin(model: onnx.ModelProto) -> None:
    """Remove the exporter's metadata, which names local files and differs between runs."""
    model.graph.ClearField("metadata_props")
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")


@contextmanager
def _only_errors() -> Iterator[None]:
    """Suppress messages of the exporter that are irrelevant to users."""
    loggers = [logging.getLogger(name) for name in _CHATTY]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _check(network: nn.Module, model: onnx.ModelProto) -> int:
    """Compare the results of ONNX Runtime with torch's, and return their number of labels.

    Raises:
        ValueError: they differ.
    """
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), session_options(torch.get_num_threads()),
        providers=["CPUExecutionProvider"],
    )
    generator = torch.Generator().manual_seed(0)
    for batch, height, width in _CHECKED:
        images = torch.randn(batch, 3, height, width, generator=generator)
        with torch.inference_mode():
            given = network(images)
        wanted = [one.numpy() for one in (given if isinstance(given, tuple) else (given,))]
        found = session.run(None, {"images": images.numpy()})
        for ours, theirs in zip(wanted, found, strict=True):
            _compare(theirs, ours)
    return int(wanted[0].shape[1])


def _compare(found: np.ndarray, wanted: np.ndarray) -> None:
    if found.shape != wanted.shape:
        raise ValueError(f"ONNX gives {found.shape}, torch {wanted.shape}")
    difference = float(np.abs(found - wanted).max() / max(1.0, float(np.abs(wanted).max())))
    if not difference <= _TOLERANCE:  # it must not be nan either
        raise ValueError(f"ONNX and torch differ by {difference:.2g} of the largest logit")
