"""Maps against other packages: `python benchmarks/activation.py [--rounds 7] [--peers .peers]`.

ResNet-50 of timm's, random weights, 8 images of 320 x 320, 20 classes each: 160 maps. Every round
runs all variants in turn; run it with nothing else running. `make .peers/.installed` brings the
packages. Peak memory is that of a process of its own per variant, over the bare forward's.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

import interleaved
from tag2mask.maps import activate

CLASSES = list(range(20))


def model_and_images(peers: Path) -> tuple[nn.Module, Tensor]:
    """Build the network and draw the images."""
    sys.path[:0] = [str(peers), str(Path(__file__).parents[1] / "tests" / "peers")]
    from torchvision_shim import make_importable

    make_importable()
    import timm

    torch.manual_seed(0)
    return timm.create_model("resnet50").eval(), torch.randn(8, 3, 320, 320)


def variants(model: nn.Module, images: Tensor) -> dict[str, Callable[[], object]]:
    """Give every way to 160 maps, and the forward that all of them need."""
    from torchcam.methods import GradCAM

    last = images.contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def forward(view: Tensor = images) -> object:
        return model(view)

    def torchcam(layer: str, view: Tensor = images) -> object:
        with GradCAM(model, layer) as reader:
            scores = model(view)
            return [reader(label, scores, retain_graph=label < 19) for label in CLASSES]

    def ours(method: str, layer: str, view: Tensor = images) -> object:
        return activate(model, view, method=method, layer=layer, classes=CLASSES)

    return {
        "forward": forward,
        "forward, channels last": lambda: forward(last),
        "CAM, layer4": lambda: ours("cam", "layer4"),
        "Grad-CAM, layer4": lambda: ours("grad_cam", "layer4"),
        "torchcam Grad-CAM, layer4": lambda: torchcam("layer4"),
        "Grad-CAM, layer3": lambda: ours("grad_cam", "layer3"),
        "Grad-CAM, layer3, channels last": lambda: ours("grad_cam", "layer3", last),
        "torchcam Grad-CAM, layer3": lambda: torchcam("layer3"),
        "torchcam Grad-CAM, layer3, channels last": lambda: torchcam("layer3", last),
        "Layer-CAM, layer4": lambda: ours("layer_cam", "layer4"),
        "HiResCAM, layer4": lambda: ours("hires_cam", "layer4"),
        "XGradCAM, layer4": lambda: ours("xgrad_cam", "layer4"),
        "Grad-CAM++, layer4": lambda: ours("grad_cam_pp", "layer4"),
        "Eigen-CAM, layer4": lambda: ours("eigen_cam", "layer4"),
    }


def grad_cam(model: nn.Module, images: Tensor) -> Callable[[], object]:
    """Give the way of the package grad-cam: a forward and a backward pass per class."""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    def read() -> object:
        with GradCAM(model, [model.get_submodule("layer4")]) as reader:
            return [reader(images, [ClassifierOutputTarget(label)] * 8) for label in CLASSES]

    return read


def peak(name: str, peers: Path) -> float:
    """Return the peak memory of one variant in MiB, in a process of its own."""
    command = [sys.executable, __file__, "--peers", str(peers), "--once", name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peers", type=Path, default=Path(__file__).parents[1] / ".peers")
    parser.add_argument("--once", help=argparse.SUPPRESS)
    given = parser.parse_args()
    model, images = model_and_images(given.peers)
    steps = variants(model, images)
    if given.once:
        steps[given.once]()
        sys.stdout.write(f"{interleaved.highest_memory()}\n")
        return
    sys.stdout.write(f"{interleaved.machine()}, {given.rounds} rounds\n")
    times = interleaved.measure(steps, given.rounds)
    base = times["forward"]
    for name, taken in times.items():
        ratios = sorted(own / other for own, other in zip(taken, base, strict=True))
        sys.stdout.write(
            f"{name:<42} {statistics.median(taken):6.2f} s  {statistics.median(ratios):5.2f} times "
            f"the forward ({ratios[0]:.2f} to {ratios[-1]:.2f}), peak {peak(name, given.peers):.0f}"
            " MiB\n")
    slow = interleaved.measure({"grad-cam": grad_cam(model, images)}, 1)["grad-cam"][0]
    sys.stdout.write(f"{'grad-cam Grad-CAM, layer4':<42} {slow:6.2f} s\n")


if __name__ == "__main__":
    main()
