"""What keeping resolution is worth: `python benchmarks/resolution.py --out runs/resolution`.

Trains every network on true masks of drawn scenes, from scratch, all by one recipe and each at a
width that costs about as much, and measures mIoU, boundary IoU by the objects' size, and the
effective receptive field. Every (network, seed) is kept in --out as one line of results.jsonl, so
what was stopped goes on; `--only NAME` takes some of them, `--table` only tells what is there.
Figures are of synthetic pictures.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from from_scratch import SIZE, images_of, learn, mean_of, measured, spread
from tag2mask.data.scenes import CLASSES, Scene, draw_scene
from tag2mask.metrics import ConfusionMatrix
from tag2mask.metrics.boundary import boundary_iou
from tag2mask.models.backbones.hrnet import HRNet
from tag2mask.models.backbones.hrnet_spec import HRNetSpec
from tag2mask.models.backbones.measuring import count_macs, count_parameters
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.backbones.vgg import VGG, VGGSpec
from tag2mask.models.segmenters.deconvnet import DeconvNetSpec, build_deconvnet
from tag2mask.models.segmenters.dilated import DilatedSpec, build_dilated
from tag2mask.models.segmenters.fcn import FCNSpec, build_fcn
from tag2mask.models.segmenters.hrnet_heads import V1Decoder, V2Decoder
from tag2mask.models.segmenters.segmenter import Decoder, Segmenter
from tag2mask.models.segmenters.segnet import build_segnet
from tag2mask.models.segmenters.unet import UNetDecoder

NUM_TRAIN, NUM_TEST = 480, 150
BATCH = 4
NUM_LABELS = len(CLASSES) + 1
SIZES = ("small", "middling", "large")


def vgg(width: float, output_stride: int = 32) -> VGG:
    """Build VGG-16 with batch normalisation at a share of its width."""
    return VGG(VGGSpec(batch_norm=True, width=width), output_stride=output_stride)


def without_dilation(encoder: BackboneModule) -> BackboneModule:
    """Leave poolings out and do nothing about it: every layer after them sees less far."""
    for layer in encoder.modules():
        if isinstance(layer, nn.Conv2d) and layer.dilation != (1, 1):
            layer.dilation, layer.padding = (1, 1), (1, 1)
    return encoder


def fcn(*strides: int) -> Segmenter:
    """Score those strides of a VGG."""
    return build_fcn(vgg(0.5), NUM_LABELS, spec=FCNSpec(strides=strides, hidden=512))


def unet() -> Segmenter:
    """Join every stage of a VGG, up to the photo's own resolution."""
    encoder = vgg(0.4375)
    decoder = UNetDecoder(encoder.channels, (16, 32, 64, 128, 256, 256))
    return Segmenter(encoder, decoder, NUM_LABELS)


def hrnet(decoder: Callable[[Sequence[int]], Decoder], **spec: Any) -> Segmenter:  # noqa: ANN401
    """Build an HRNet of six modules over stages 2 to 4."""
    small: dict[str, Any] = {"modules": (1, 2, 2), "blocks": 2, "bottlenecks": 1,
                             "bottleneck_width": 32, "width": 40}
    encoder = HRNet(HRNetSpec(**small | spec))
    return Segmenter(encoder, decoder(encoder.channels), NUM_LABELS)


PLAIN = DilatedSpec(rates=(), pyramid=False, width=128)
NETWORKS: dict[str, Callable[[], Segmenter]] = {
    "unet": unet,
    "hrnet_v2": partial(hrnet, V2Decoder),
    "segnet": lambda: build_segnet(vgg(0.4375), NUM_LABELS),
    "deconvnet": lambda: build_deconvnet(
        vgg(0.4375), NUM_LABELS, spec=DeconvNetSpec(bottleneck=512)
    ),
    "fcn_8s": partial(fcn, 32, 16, 8),
    "dilated": lambda: build_dilated(
        vgg(0.46875, 8), NUM_LABELS, spec=DilatedSpec(rates=(6,), pyramid=False, width=128)
    ),
    "hrnet_v2, bilinear": partial(hrnet, V2Decoder, upsampling="bilinear"),
    "hrnet_v2, fused last": partial(hrnet, V2Decoder, fusion="last"),
    "hrnet_v2, never fused": partial(hrnet, V2Decoder, fusion="none"),
    "hrnet_v2, one stream": partial(hrnet, V2Decoder, streams=1, width=88),
    "pooled to stride 32": lambda: build_dilated(vgg(0.5625), NUM_LABELS, spec=PLAIN),
    "pooled to 8, no more": lambda: build_dilated(
        without_dilation(vgg(0.5, 8)), NUM_LABELS, spec=PLAIN
    ),
    "pooled to 8, dilated": lambda: build_dilated(vgg(0.5, 8), NUM_LABELS, spec=PLAIN),
    "hrnet_v1": partial(hrnet, V1Decoder),
    "fcn_16s": partial(fcn, 32, 16),
    "fcn_32s": partial(fcn, 32),
    "dilated_aspp": lambda: build_dilated(
        vgg(0.4375, 8), NUM_LABELS, spec=DilatedSpec(rates=(6, 12, 18), pyramid=True, width=64)
    ),
}
"""The shelf, then what isolates one idea each; the order in which they are trained."""


def batches(scenes: list[Scene], epochs: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Give images and masks of every epoch, half of them mirrored."""
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(scenes))
        for start in range(0, len(scenes), BATCH):
            chosen = [scenes[i] for i in order[start : start + BATCH]]
            turns = [-1 if mirrored else 1 for mirrored in rng.random(len(chosen)) < 0.5]
            photos = [s.image[:, ::turn] for s, turn in zip(chosen, turns, strict=True)]
            masks = [s.mask[:, ::turn] for s, turn in zip(chosen, turns, strict=True)]
            yield images_of(photos), torch.from_numpy(np.stack(masks)).long()


def train(network: Segmenter, scenes: list[Scene], epochs: int, seed: int) -> None:
    """Train on true masks."""
    losses = (F.cross_entropy(network(x), y) for x, y in batches(scenes, epochs, seed))
    learn(network, losses, epochs * math.ceil(len(scenes) / BATCH))


@torch.no_grad()
def score(network: Segmenter, scenes: list[Scene]) -> dict[str, Any]:
    """Return the mIoU, and the mean boundary IoU of the objects of each third by size."""
    network.eval()
    confusion = ConfusionMatrix(NUM_LABELS)
    objects: list[tuple[int, float]] = []
    for scene in scenes:
        found = network(images_of([scene.image]))[0].argmax(0).to(torch.uint8).numpy()
        confusion.add(scene.mask, found)
        for tag in scene.tags:
            truth = scene.mask == tag + 1
            objects.append((int(truth.sum()), boundary_iou(truth, found == tag + 1)))
    objects.sort()
    thirds = np.array_split(np.array([value for _, value in objects]), len(SIZES))
    return {
        "miou": confusion.miou(),
        "boundary": dict(zip(SIZES, (float(third.mean()) for third in thirds), strict=True)),
    }


def receptive_field(network: Segmenter, scenes: list[Scene]) -> np.ndarray:
    """Sum what each pixel does to the logits at the centre (Luo et al., NeurIPS 2016): (H, W)."""
    network.eval()
    total = np.zeros(SIZE)
    for scene in scenes:
        images = images_of([scene.image]).requires_grad_()
        logits = network(images)[0, :, SIZE[0] // 2, SIZE[1] // 2]
        (gradient,) = torch.autograd.grad(logits.max(), images)
        total += gradient[0].abs().sum(0).numpy()
    return total / total.max()


def measure(name: str, seed: int, epochs: int, train_on: list[Scene], test_on: list[Scene],
            out: Path) -> dict[str, Any]:
    """Train and score one network, and keep its receptive field."""
    torch.manual_seed(seed)
    network = NETWORKS[name]()
    macs, parameters = count_macs(network, SIZE), count_parameters(network)
    network = network.to(memory_format=torch.channels_last)
    started = time.perf_counter()
    train(network, train_on, epochs, seed)
    seconds = time.perf_counter() - started
    field = receptive_field(network, test_on[:24])
    np.save(out / f"field {name} {seed}.npy", field.astype(np.float32))
    return {"name": name, "seed": seed, "epochs": epochs, "gmacs": macs / 1e9,
            "parameters": parameters, "seconds": seconds, **score(network, test_on),
            "field": math.sqrt(int((field > 1 - 0.9545).sum()))}


def table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Write mean and half of the range over the seeds, best mIoU first."""
    yield "| Network | GMAC | M | seeds | mIoU | boundary IoU: small | middling | large | field |"
    yield "|---|---|---|---|---|---|---|---|---|"
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["name"], []).append(row)
    for name, group in sorted(groups.items(), key=lambda item: -mean_of(item[1], "miou")):
        bands = [spread([100 * row["boundary"][size] for row in group]) for size in SIZES]
        cells = [name, f"{group[0]['gmacs']:.2f}", f"{group[0]['parameters'] / 1e6:.1f}",
                 str(len(group)), spread([100 * row["miou"] for row in group]), *bands,
                 spread([row["field"] for row in group])]
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Train what is not there yet, and tell everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    seeds = range(0 if given.table else given.seeds)
    jobs = [(name, seed) for seed in seeds for name in given.only]
    number = NUM_TRAIN + NUM_TEST if jobs else 0
    scenes = [draw_scene(index, size=SIZE) for index in range(number)]
    rows = measured(
        given.out, jobs, lambda row: (row["name"], row["seed"]),
        lambda job: measure(*job, given.epochs, scenes[:NUM_TRAIN], scenes[NUM_TRAIN:], given.out),
    )
    sys.stdout.write("\n".join([*table(rows), ""]))


if __name__ == "__main__":
    main()
