"""HRNet keeps its finest stream to the end, and fuses all streams into all."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.conv_norm import fold_all
from tag2mask.models.backbones.hrnet import HRNet
from tag2mask.models.backbones.hrnet_spec import SPECS, HRNetSpec

TINY = HRNetSpec(width=4, modules=(1, 2, 1), blocks=1, bottlenecks=2, bottleneck_width=4)


def tiny(**changes: object) -> HRNet:
    """Build a small trunk with weights that are the same every time."""
    torch.manual_seed(0)
    return HRNet(HRNetSpec(**{**vars(TINY), **changes}))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(64, 96), (65, 33), (31, 70), (1, 1), (7, 40)])
def test_streams_have_the_sizes_of_their_strides(size: tuple[int, int]) -> None:
    """For any size, also under the coarsest stride."""
    trunk = tiny().eval()
    streams = trunk(torch.randn(2, 3, *size))
    assert trunk.channels == (4, 8, 16, 32)
    assert trunk.strides == (4, 8, 16, 32)
    for stream, width, stride in zip(streams, trunk.channels, trunk.strides, strict=True):
        assert stream.shape == (2, width, -(-size[0] // stride), -(-size[1] // stride))


def test_every_parameter_learns_from_the_finest_stream_alone() -> None:
    """Through the fusions; but what the last fusion sends down never comes up again."""
    trunk = tiny()
    trunk(torch.randn(2, 3, 64, 96))[0].square().sum().backward()
    silent = {name for name, p in trunk.named_parameters() if p.grad is None}
    assert silent
    assert all(name.startswith(("stage4.units.0.fusion.downs", "stage4.units.0.fusion.chains"))
               for name in silent)


def test_without_fusion_nothing_comes_up() -> None:
    """The finest stream then knows nothing of the coarser ones."""
    trunk = tiny(fusion="none")
    trunk(torch.randn(1, 3, 64, 96))[0].sum().backward()
    learned = {name for name, p in trunk.named_parameters() if p.grad is not None}
    assert "stage4.units.0.branches.0.0.layers.0.convolution.weight" in learned
    assert not any(".branches.1." in name or ".fusion." in name for name in learned)


def test_one_fusion_at_the_end() -> None:
    """Is in the last module alone."""
    names = {name.split(".fusion.")[0] for name in tiny(fusion="last").state_dict()
             if ".fusion." in name}
    assert names == {"stage4.units.0"}


@pytest.mark.parametrize("streams", [1, 2, 3])
def test_fewer_streams(streams: int) -> None:
    """For seeing what the others are worth."""
    trunk = tiny(streams=streams).eval()
    assert len(trunk(torch.randn(1, 3, 40, 56))) == streams == len(trunk.channels)


@pytest.mark.parametrize("output_stride", [4, 8, 16, 32])
def test_the_representation_holds_all_streams(output_stride: int) -> None:
    """At the output stride; the finer ones averaged, so that a constant stays one."""
    trunk = HRNet(TINY, output_stride=output_stride).eval()
    streams = [torch.full_like(s, i + 1.0) for i, s in enumerate(trunk(torch.randn(1, 3, 65, 96)))]
    found = trunk.representation(streams)
    assert found.shape == (1, 60, -(-65 // output_stride), 96 // output_stride)
    assert trunk.evidence_channels == 60
    expected = torch.cat([torch.full((w,), i + 1.0) for i, w in enumerate(trunk.channels)])
    torch.testing.assert_close(found[0, :, 1, 1], expected)


def test_folding_changes_nothing() -> None:
    """Normalisation merged into convolutions gives the same streams."""
    trunk = tiny()
    images = torch.randn(4, 3, 64, 32)
    for _ in range(3):
        trunk(images)
    before = trunk.eval()(images)
    fold_all(trunk)
    for fresh, old in zip(trunk(images), before, strict=True):
        torch.testing.assert_close(fresh, old, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("blocks", [1, 2, 3, 4, 6])
def test_frozen_blocks_keep_their_weights(blocks: int) -> None:
    """Two bottlenecks, then modules; everything before a frozen part is frozen too."""
    trunk = tiny()
    trunk.freeze(blocks)
    for stream in trunk(torch.randn(2, 3, 64, 32)):
        if stream.requires_grad:
            stream.sum().backward(retain_graph=True)
    learned = [name for name, p in trunk.named_parameters() if p.grad is not None]
    frozen = ["stem", "stage1.0", "stage1.1", "stage2", "stage3.units.0", "stage3.units.1",
              "stage4"]
    assert not any(name.startswith(part) for name in learned for part in frozen[: blocks + 1])
    assert bool(learned) == (blocks < 6)
    assert all(any(name.startswith(part) for name in learned) for part in frozen[blocks + 1 :])


def test_more_blocks_than_there_are_cannot_be_frozen() -> None:
    """And the number is told."""
    with pytest.raises(InputError, match="there are 6"):
        tiny().freeze(7)


def test_one_photo_whose_coarsest_stream_is_one_cell_trains() -> None:
    """A single value has no spread to normalise by."""
    trunk = tiny()
    streams = trunk(torch.randn(1, 3, 32, 32))
    assert streams[-1].shape[-2:] == (1, 1)
    torch.cat([s.flatten() for s in streams]).sum().backward()
    assert all(torch.isfinite(s).all() for s in streams)


def test_bfloat16_gives_nearly_the_same() -> None:
    """As autocast computes it."""
    trunk = tiny().eval()
    images = torch.randn(1, 3, 64, 96)
    exact = trunk(images)[0]
    with torch.autocast("cpu", torch.bfloat16):
        rough = trunk(images)[0]
    assert rough.dtype == torch.bfloat16
    assert (rough.float() - exact).norm() < 0.03 * exact.norm()


@pytest.mark.parametrize(("changes", "word"), [
    ({"width": 0}, "width 0"), ({"modules": (1, 1)}, "modules"), ({"blocks": 0}, "blocks 0"),
    ({"streams": 5}, "1 to 4"), ({"fusion": "often"}, "repeated"), ({"upsampling": "cubic"}, "bil"),
])
def test_a_spec_that_cannot_be_built_is_told(changes: dict[str, object], word: str) -> None:
    """With the field's name."""
    with pytest.raises(InputError, match=word):
        tiny(**changes)


def test_an_output_stride_that_is_no_streams_is_told() -> None:
    """With those there are."""
    with pytest.raises(InputError, match="4, 8, 16, 32"):
        HRNet(TINY, output_stride=2)


PUBLISHED = {
    "hrnet_w18_small": 13.2, "hrnet_w18_small_v2": 15.6, "hrnet_w18": 21.3, "hrnet_w30": 37.7,
    "hrnet_w32": 41.2, "hrnet_w40": 57.6, "hrnet_w44": 67.1, "hrnet_w48": 77.5, "hrnet_w64": 128.1,
}


def parameters(module: nn.Module) -> int:
    """Count."""
    return sum(parameter.numel() for parameter in module.parameters())


def test_all_variants_are_there() -> None:
    """Their sizes are tested with the ImageNet head, in the segmentation's tests."""
    assert SPECS.keys() == PUBLISHED.keys()


def pairs_literally(trunk: HRNet, streams: list[Tensor]) -> list[Tensor]:
    """Fuse as the paper draws it: one convolution for each pair of streams."""
    fusion = trunk.stage4.units[-1].fusion
    results = []
    for target in range(4):
        total = streams[target]
        for source in range(4):
            if source > target:
                parts = fusion.ups[source - 1](streams[source]).split(fusion.channels[:source], 1)
                up = nn.Upsample(scale_factor=2 ** (source - target), mode="nearest")
                total = total + up(parts[target])
            if source < target:
                width = [fusion.channels[source + 1], *[fusion.channels[source]] * (2 - source)]
                part = fusion.downs[source](streams[source]).split(width, 1)[target - source - 1]
                if target > source + 1:
                    part = fusion.chains[source][target - source - 2](part.relu())
                total = total + part
        results.append(total.relu())
    return results


def test_the_fusion_is_the_sum_over_all_pairs() -> None:
    """Whatever lies side by side, and in whatever order it is added."""
    trunk = tiny().eval()
    streams = [torch.randn(2, 4 * 2**i, 16 // 2**i, 24 // 2**i) for i in range(4)]
    found = trunk.stage4.units[-1].fusion(streams)  # type: ignore[operator]
    for ours, literal in zip(found, pairs_literally(trunk, streams), strict=True):
        torch.testing.assert_close(ours, literal)
