"""HRNet's trunk against timm's, and the runtimes: `python benchmarks/networks.py`.

The same weights on both sides, each in every layout and precision that this machine has,
interleaved in one run. Prints medians, their spread, and ratios. timm, openvino and bfloat16 are
left out where they are missing. Run it with nothing else running.
"""

from __future__ import annotations

import argparse
import copy
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import onnxruntime
import torch
from torch import Tensor, nn

from interleaved import machine, measure, table
from tag2mask.core.device import channels_last, has_fast_bfloat16
from tag2mask.models.backbones.conv_norm import fold_all
from tag2mask.models.backbones.hrnet import HRNet
from tag2mask.models.backbones.hrnet_spec import SPECS
from tag2mask.models.backbones.hrnet_weights import translate_published
from tag2mask.models.backbones.weights import load_strictly
from tag2mask.models.segmenters.hrnet_heads import V2Decoder
from tag2mask.models.segmenters.segmenter import Segmenter
from tag2mask.prediction.export import export_onnx

Steps = dict[str, Callable[[], object]]


class TimmTrunk(nn.Module):
    """timm's HRNet up to its streams."""

    def __init__(self, name: str) -> None:
        """Draw the weights."""
        super().__init__()
        self.network: Any = import_module("timm").create_model(name)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the streams."""
        net = self.network
        stem = net.act2(net.bn2(net.conv2(net.act1(net.bn1(net.conv1(images))))))
        streams: list[Tensor] = net.stages(stem)
        return streams


def trunks(name: str) -> dict[str, nn.Module]:
    """Build both trunks with the same weights; ours alone where timm is missing."""
    ours = HRNet(SPECS[name])
    if find_spec("timm") is None:
        return {"ours": ours}
    theirs = TimmTrunk(name)
    load_strictly(ours, translate_published(theirs.network.state_dict()), "timm's weights")
    return {"timm": theirs, "ours": ours}


def precisions() -> dict[str, Callable[[], AbstractContextManager[object]]]:
    """Return the ways of computing that this machine is good at."""
    ways: dict[str, Callable[[], AbstractContextManager[object]]] = {"float32": nullcontext}
    if has_fast_bfloat16():
        ways["bfloat16"] = partial(torch.autocast, "cpu", torch.bfloat16)
    return ways


def forwards(name: str, images: Tensor) -> Steps:
    """List the forward passes without gradient."""
    steps: Steps = {}
    for side, trunk in trunks(name).items():
        trunk.eval()
        for layout in (torch.contiguous_format, torch.channels_last):
            last = layout == torch.channels_last
            network = channels_last(_copy(trunk), "cpu") if last else _copy(trunk)
            given = images.to(memory_format=layout)
            for precision, context in precisions().items():
                label = f"{side}, {'channels-last' if last else 'contiguous'}, {precision}"
                steps[label] = partial(_infer, network, given, context)
                if side == "ours" and last:
                    folded = channels_last(_copy(trunk), "cpu")
                    fold_all(folded)
                    steps[f"{label}, folded"] = partial(_infer, folded, given, context)
    return steps


def trainings(name: str, images: Tensor) -> Steps:
    """List the training steps, without the optimizer."""
    steps: Steps = {}
    for side, trunk in trunks(name).items():
        network = channels_last(_copy(trunk).train(), "cpu")
        given = images.to(memory_format=torch.channels_last)
        for precision, context in precisions().items():
            steps[f"{side}, channels-last, {precision}"] = partial(_train, network, given, context)
    return steps


def runtimes(name: str, images: Tensor, folder: Path) -> Steps:
    """List the runtimes of the exported network with its V2 head of 21 labels."""
    trunk = HRNet(SPECS[name])
    network = channels_last(Segmenter(trunk, V2Decoder(trunk.channels), 21).eval(), "cpu")
    given = images.to(memory_format=torch.channels_last)
    steps: Steps = {
        f"torch, channels-last, {precision}": partial(_infer, network, given, context)
        for precision, context in precisions().items()
    }
    path = folder / "model.onnx"
    export_onnx(_copy(network), path, {})
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    steps["onnxruntime"] = partial(session.run, None, {"images": images.numpy()})
    if find_spec("openvino"):
        openvino: Any = import_module("openvino")
        core = openvino.Core()
        for precision in ("f32", "bf16") if has_fast_bfloat16() else ("f32",):
            hint = {"INFERENCE_PRECISION_HINT": precision}
            compiled = core.compile_model(core.read_model(path), "CPU", hint)
            steps[f"openvino, {precision}"] = partial(compiled, {"images": images.numpy()})
    return steps


def _copy(network: nn.Module) -> Any:  # noqa: ANN401  (a module keeps its class)
    return copy.deepcopy(network)


def _infer(
    network: nn.Module, images: Tensor, context: Callable[[], AbstractContextManager[object]]
) -> None:
    with torch.inference_mode(), context():
        network(images)


def _train(
    network: nn.Module, images: Tensor, context: Callable[[], AbstractContextManager[object]]
) -> None:
    with context():
        loss = sum(stream.float().square().mean() for stream in network(images))
    torch.autograd.backward(loss)
    network.zero_grad(set_to_none=True)


def main() -> None:
    """Measure, and print three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=tuple(SPECS), default="hrnet_w18_small")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batch", type=int, default=4)
    options = parser.parse_args()
    images = torch.randn(options.batch, 3, 256, 256)
    size = f"{options.batch} x 256 x 256, {options.rounds} rounds"
    lines = [f"{options.network}, {size}, {machine()}"]
    with tempfile.TemporaryDirectory() as folder:
        for title, steps in {
            "The trunk, forward": forwards(options.network, images),
            "The trunk, a training step": trainings(options.network, images),
            "With the V2 head, by runtime": runtimes(options.network, images, Path(folder)),
        }.items():
            times = measure(steps, options.rounds)
            lines += ["", title, *table(times, next(iter(times)))]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
