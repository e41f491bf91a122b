"""Every network by name: any size, a batch of one, a gradient for all, and the same as ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BackboneModule, create_backbone
from tag2mask.models.backbones.hrnet import HRNet
from tag2mask.models.backbones.hrnet_spec import HRNetSpec
from tag2mask.models.backbones.vgg import VGG, VGGSpec
from tag2mask.models.segmenters import SEGMENTERS, Segmenter, create_segmenter
from tag2mask.models.segmenters.deconvnet import DeconvNetSpec, build_deconvnet
from tag2mask.models.segmenters.dilated import ASPP, DilatedSpec, build_dilated
from tag2mask.models.segmenters.hrnet_heads import V2pDecoder
from tag2mask.models.segmenters.ocr import OCRDecoder
from tag2mask.models.segmenters.segmenter import Decoder, SwitchedDecoder
from tag2mask.models.segmenters.unet import UNetDecoder
from tag2mask.prediction.export import GRID, export_onnx

TINY = VGGSpec(repeats=(1,) * 5, channels=(4, 5, 6, 7, 8), batch_norm=True)
TINY_HRNET = HRNetSpec(width=4, modules=(1, 1, 1), blocks=1, bottlenecks=1, bottleneck_width=4)
NAMES = ("unet", "fcn_32s", "fcn_16s", "fcn_8s", "segnet", "deconvnet", "dilated", "dilated_aspp",
         "hrnet_v1", "hrnet_v2", "hrnet_v2p", "hrnet_ocr")
SIZES = [(1, 1), (5, 40), (33, 50), (64, 32)]


def build(name: str) -> Segmenter:
    """Build a network for four labels, narrow in everything."""
    torch.manual_seed(0)
    if name.startswith("hrnet"):
        return build_hrnet(name)
    encoder = VGG(TINY, output_stride=SEGMENTERS.get(name).output_stride)
    if name == "unet":
        return Segmenter(encoder, UNetDecoder((6, 7, 8), (4, 5, 6)), 4, coarse=True)
    if name == "deconvnet":
        return build_deconvnet(encoder, 4, spec=DeconvNetSpec(bottleneck=9))
    if name.startswith("dilated"):
        pyramid = name.endswith("aspp")
        spec = DilatedSpec(rates=ASPP.rates if pyramid else (6,), pyramid=pyramid, width=6)
        return build_dilated(encoder, 4, spec=spec)
    return create_segmenter(name, num_labels=4, encoder=encoder)


def build_hrnet(name: str) -> Segmenter:
    """Build one of HRNet's representations, narrow where it can be."""
    trunk = HRNet(TINY_HRNET)
    if name == "hrnet_v2p":
        return Segmenter(trunk, V2pDecoder(trunk.channels, width=6), 4)
    if name == "hrnet_ocr":
        return Segmenter(trunk, OCRDecoder(trunk.channels, 4, width=8, key_channels=6), 4)
    return create_segmenter(name, num_labels=4, encoder=trunk)


def draw_scores(network: Segmenter) -> Segmenter:
    """Draw FCN's finer scores, which start at zero, so that a gradient passes them."""
    for name, parameter in network.named_parameters():
        if "scores" in name:
            nn.init.normal_(parameter)
    return network


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_any_size(name: str, size: tuple[int, int]) -> None:
    """Logits are at the photo's size, and the training's at the decoder's stride."""
    network = build(name).eval()
    images = torch.randn(2, 3, *size)
    with torch.inference_mode():
        logits, small = network(images), network.logits(images)
    assert logits.shape == (2, 4, *size)
    assert logits.dtype == torch.float32
    stride = {"fcn_32s": 32, "fcn_16s": 16, "fcn_8s": 8, "segnet": 1, "deconvnet": 1, "unet": 4}
    at = 4 if name.startswith("hrnet") else stride.get(name, 16)
    assert small.shape[-2:] == (-(-size[0] // at), -(-size[1] // at))


@pytest.mark.parametrize("name", NAMES)
def test_padding_changes_nothing(name: str) -> None:
    """A photo padded beforehand gives the same logits where there was a photo."""
    network = build(name).eval()
    images = torch.randn(1, 3, 27, 50)
    with torch.inference_mode():
        padded = network(F.pad(images, (0, 14, 0, 5)))
        torch.testing.assert_close(network(images), padded[..., :27, :50])


@pytest.mark.parametrize("size", [(1, 1), (20, 75)])
@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_one_trains_everything(name: str, size: tuple[int, int]) -> None:
    """Also where the last feature is a single cell; a gradient reaches every parameter."""
    network = draw_scores(build(name).train())
    for module in network.modules():  # a cell that ReLU or a zero input cuts off tells nothing
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.bias)
    logits = network.logits(torch.randn(1, 3, *size))
    (logits * torch.randn_like(logits)).sum().backward()
    read = [(n, p) for n, p in network.named_parameters() if name != "hrnet_v1" or not unread(n)]
    missing = [n for n, p in read if p.grad is None or p.grad.isnan().any()]
    assert not missing
    # Of one or two cells, which lie at -1 and 1, normalisation takes any shift of both away.
    if size != (1, 1) and name != "hrnet_v1":
        silent = [n for n, p in read if p.grad is None or not p.grad.any()]
        assert not silent


def unread(parameter: str) -> bool:
    """Tell what HRNet's last fusion sends down: V1 reads the finest stream alone."""
    return parameter.startswith(
        ("encoder.stage4.units.0.fusion.downs", "encoder.stage4.units.0.fusion.chains")
    )


def test_a_decoder_that_segments_on_the_way_learns_from_that() -> None:
    """With the weight of its paper; its own logits come first, and the others have none."""
    images = torch.randn(2, 3, 40, 70)
    for name in NAMES:
        network = build(name).eval()
        (first, *others), _ = network.graded_logits(images)
        assert first[1] == 1.0
        torch.testing.assert_close(first[0], network.logits(images))
        assert [weight for _, weight in others] == ([0.4] if name == "hrnet_ocr" else [])
        assert all(logits.shape == first[0].shape for logits, _ in others)


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_trains_too(name: str) -> None:
    """Under autocast and with channels last, as on a GPU; what comes out is float32."""
    network = build(name).train().to(memory_format=torch.channels_last)
    images = torch.randn(1, 3, 20, 45).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(images)
    assert logits.dtype == torch.float32
    logits.square().sum().backward()
    assert all(p.grad is not None for n, p in network.named_parameters() if not unread(n))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_exported_network_is_the_same(name: str, tmp_path: Path) -> None:
    """On two odd sizes, padded to the grid as the predictor does."""
    network = draw_scores(build(name)).eval()
    export_onnx(network, tmp_path / "model.onnx", {})
    session = onnxruntime.InferenceSession(
        tmp_path / "model.onnx", providers=["CPUExecutionProvider"]
    )
    for height, width in ((27, 63), (61, 159)):
        images = torch.randn(1, 3, height, width)
        padded = F.pad(images, (0, -width % GRID, 0, -height % GRID))
        found = session.run(None, {"images": padded.numpy()})[0][..., :height, :width]
        with torch.inference_mode():
            np.testing.assert_allclose(found, network(images).numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", SEGMENTERS.names())
def test_a_network_builds_over_its_own_backbone(name: str) -> None:
    """As the entry says, without an encoder given; and tells what it is about."""
    with torch.device("meta"):
        network = create_segmenter(name, num_labels=4)
        images = torch.zeros(1, 3, 40, 70)
        assert network.eval()(images).shape == (1, 4, 40, 70)
    assert SEGMENTERS.get(name).about
    assert set(NAMES) <= set(SEGMENTERS.names())


def test_only_a_coarse_path_starts_as_a_classifier() -> None:
    """U-Net has one, and then answers with the class layer's evidence alone."""
    with pytest.raises(ValueError, match="coarse path"):
        build("segnet").start_from(torch.ones(3, 8, 1, 1))
    network, weights = build("unet").eval(), torch.randn(3, 8, 1, 1)
    network.start_from(weights, scale=2.0, floor=0.5)
    images = torch.randn(1, 3, 32, 64)
    with torch.inference_mode():
        evidence = 2 * F.conv2d(network.encoder(images)[-1], weights)
        wanted = torch.cat([torch.full_like(evidence[:, :1], 0.5), evidence], 1)
        size = network.logits(images).shape[-2:]
        wanted = F.interpolate(wanted, size, mode="bilinear", align_corners=False)
        torch.testing.assert_close(network.logits(images), wanted)


class Remembering(SwitchedDecoder):
    """Keeps what it is given."""

    channels = 3

    def forward(self, features: list[torch.Tensor], switches: list[torch.Tensor]) -> torch.Tensor:
        """Give the first feature back."""
        self.given = switches
        return features[0][:, :3]


def test_switches_reach_the_decoder_that_asks_for_them() -> None:
    """One per pooling; a backbone without any is refused."""
    decoder = Remembering()
    network = Segmenter(VGG(TINY), decoder, 2).eval()
    assert network(torch.randn(1, 3, 30, 64)).shape == (1, 2, 30, 64)
    assert [switch.shape[-2:] for switch in decoder.given] == [
        (32 // s, 64 // s) for s in (2, 4, 8, 16, 32)
    ]
    with torch.device("meta"):
        plain: BackboneModule = create_backbone("efficientnet_lite0")
        with pytest.raises(InputError, match="take vgg16_bn"):
            Segmenter(plain, Remembering(), 2)


def test_a_head_can_be_given() -> None:
    """For decoders whose result is logits already."""
    class Same(Decoder):
        channels = 4

        def forward(self, features: list[torch.Tensor]) -> torch.Tensor:
            return features[0]

    network = Segmenter(VGG(TINY), Same(), 4, head=nn.Identity()).eval()
    images = torch.randn(1, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(network.logits(images), network.encoder(images)[0])
