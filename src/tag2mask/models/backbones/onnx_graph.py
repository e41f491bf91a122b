"""The ONNX graph of a module, by torch's older exporter, without steps that only cost time."""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from tag2mask.core.onnx_sessions import session_options

OPSET = 17
"""Operator set of the graphs: every ONNX Runtime since 1.12 has it, in all languages."""


def traced(
    module: nn.Module, images: Tensor, *, outputs: Sequence[str], axes: Mapping[str, dict[int, str]]
) -> onnx.ModelProto:
    """Export a module by tracing: input `images` (B, 3, H, W).

    torch marks this exporter as deprecated. It is used because it takes 0.7 s for the default
    network, where the one based on `torch.export` takes 15 to 30 s. What depends on the values or
    on the sizes of `images` by Python code is fixed as for these images, so the result has to be
    compared with torch at other sizes.

    Args:
        module: on the CPU, in float32, in evaluation mode.
        images: (B, 3, H, W), any values.
        outputs: names of the outputs.
        axes: names of the axes of any length, by the names of inputs and outputs.

    Raises:
        Exception: torch does not have the exporter, or it does not support the module.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "traced.onnx"
        with torch.no_grad(), _quiet():
            torch.onnx.export(
                module, (images,), file, input_names=["images"], output_names=[*outputs],
                dynamic_axes=dict(axes), opset_version=OPSET, dynamo=False,
            )
        model = _simplified(file)
    _merge_padding(model.graph)
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress warnings, and the graph of thousands of lines that is printed where export fails.

    torch has a switch for the latter, which the exporter itself turns on.
    """
    name = "_jit_onnx_log"
    log = getattr(torch._C, name, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if log is None:
            yield
            return
        setattr(torch._C, name, lambda *_: None)
        try:
            yield
        finally:
            setattr(torch._C, name, log)


def _simplified(file: Path) -> onnx.ModelProto:
    """Evaluate everything that does not depend on the images, such as widths of padding."""
    simplified = file.with_name("simplified.onnx")
    options = session_options(1)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(simplified)
    onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    model = onnx.load(simplified)
    if any(node.domain for node in model.graph.node):  # operators of ONNX Runtime alone
        return onnx.load(file)
    for one in [one for one in model.opset_import if one.domain]:
        model.opset_import.remove(one)
    return model


def _merge_padding(graph: onnx.GraphProto) -> None:
    """Merge zero padding into the convolution that follows it.

    Padding is the only step of EfficientNet-Lite that ONNX Runtime does not compute in its own
    memory layout, and the conversions took a fifth of the time.
    """
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    uses = _uses(graph)
    paddings = {node.output[0]: node for node in graph.node
                if node.op_type == "Pad" and _is_spatial(node, constants)}
    for node in graph.node:
        padding = paddings.get(node.input[0]) if node.op_type == "Conv" else None
        if padding and uses[node.input[0]] == 1:
            _, _, top, left, _, _, bottom, right = constants[padding.input[1]].tolist()
            _add_padding(node, (top, left, bottom, right))
            node.input[0] = padding.input[0]
            graph.node.remove(padding)
    used = _uses(graph)
    for unused in [one for one in graph.initializer if one.name not in used]:
        graph.initializer.remove(unused)


def _uses(graph: onnx.GraphProto) -> Counter[str]:
    uses = Counter(name for node in graph.node for name in node.input)
    uses.update(output.name for output in graph.output)
    return uses


def _add_padding(node: onnx.NodeProto, more: tuple[int, int, int, int]) -> None:
    """Add zeros above, left, below and right of the input of a convolution."""
    own = next((one for one in node.attribute if one.name == "pads"), None)
    total = [a + b for a, b in zip(more, own.ints if own else (0,) * 4, strict=True)]
    if own:
        node.attribute.remove(own)
    node.attribute.append(helper.make_attribute("pads", total))


def _is_spatial(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> bool:
    """Return whether a Pad adds a constant number of zeros to height and width only."""
    mode = next((one.s for one in node.attribute if one.name == "mode"), b"constant")
    widths = constants.get(node.input[1])
    value = constants.get("".join(node.input[2:3]), np.zeros(1))
    return bool(
        mode == b"constant" and widths is not None and len(node.input) < 4 and (value == 0).all()
        and len(widths) == 8 and min(widths) >= 0 and not any(widths[i] for i in (0, 1, 4, 5))
    )
