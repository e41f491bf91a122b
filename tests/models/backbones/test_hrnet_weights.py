"""Published HRNet weights find their places, every one of them and no other."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.hrnet import HRNet
from tag2mask.models.backbones.hrnet_spec import SPECS
from tag2mask.models.backbones.hrnet_weights import is_published, translate_published
from tag2mask.models.backbones.weights import load_strictly

SPEC = SPECS["hrnet_w18_small"]
C = SPEC.channels


def unit(name: str, norm: str, out: int, into: int, kernel: int) -> dict[str, Tensor]:
    """Name one convolution and its normalisation as published."""
    tensors = {f"{name}.weight": torch.randn(out, into, kernel, kernel)}
    for leaf in ("weight", "bias", "running_mean", "running_var"):
        tensors[f"{norm}.{leaf}"] = torch.rand(out)
    return tensors | {f"{norm}.num_batches_tracked": torch.tensor(7)}


def published() -> dict[str, Tensor]:
    """Write down the small variant's tensors, as the authors name and shape them."""
    state = unit("conv1", "bn1", 64, 3, 3) | unit("conv2", "bn2", 64, 64, 3)
    for n, (out, into, kernel) in enumerate([(32, 64, 1), (32, 32, 3), (128, 32, 1)], 1):
        state |= unit(f"layer1.0.conv{n}", f"layer1.0.bn{n}", out, into, kernel)
    state |= unit("layer1.0.downsample.0", "layer1.0.downsample.1", 128, 64, 1)
    for stage in (1, 2, 3):
        if stage == 1:
            state |= unit("transition1.0.0", "transition1.0.1", C[0], 128, 3)
        new, source = f"transition{stage}.{stage}.0", 128 if stage == 1 else C[stage - 1]
        state |= unit(f"{new}.0", f"{new}.1", C[stage], source, 3)
        state |= module(f"stage{stage + 1}.0", C[: stage + 1])
    return state | {"classifier.weight": torch.zeros(1000, 2048)}


def module(name: str, widths: tuple[int, ...]) -> dict[str, Tensor]:
    """Name one module's tensors: its branches and a convolution for each pair of streams."""
    state: dict[str, Tensor] = {}
    for stream, width in enumerate(widths):
        for block, n in ((b, n) for b in (0, 1) for n in (1, 2)):
            at = f"{name}.branches.{stream}.{block}"
            state |= unit(f"{at}.conv{n}", f"{at}.bn{n}", width, width, 3)
        for source, from_width in enumerate(widths):
            pair = f"{name}.fuse_layers.{stream}.{source}"
            if source > stream:
                state |= unit(f"{pair}.0", f"{pair}.1", width, from_width, 1)
            for step in range(stream - source):
                out = width if step == stream - source - 1 else from_width
                state |= unit(f"{pair}.{step}.0", f"{pair}.{step}.1", out, from_width, 3)
    return state


def test_every_published_tensor_has_a_place() -> None:
    """And no tensor of ours is left without one."""
    state = published()
    assert is_published(state)
    trunk = HRNet(SPEC)
    load_strictly(trunk, translate_published(state), "The published weights")
    assert not is_published(trunk.state_dict())


def test_pairs_that_read_one_stream_lie_in_the_order_of_their_targets() -> None:
    """Both ways."""
    state = published()
    fusion = HRNet(SPEC).stage4.units[0]
    ours = {key.removeprefix("stage4.units.0.fusion."): value
            for key, value in translate_published(state).items()}
    ups = [state[f"stage4.0.fuse_layers.{target}.3.0.weight"] for target in (0, 1, 2)]
    downs = [state[f"stage4.0.fuse_layers.{target}.0.0.0.weight"] for target in (1, 2, 3)]
    torch.testing.assert_close(ours["ups.2.convolution.weight"], torch.cat(ups))
    torch.testing.assert_close(ours["downs.0.convolution.weight"], torch.cat(downs))
    chain = state["stage4.0.fuse_layers.3.0.2.0.weight"]
    torch.testing.assert_close(ours["chains.0.1.1.convolution.weight"], chain)
    assert fusion.state_dict()["fusion.chains.0.1.1.convolution.weight"].shape == chain.shape


def test_a_missing_tensor_is_named() -> None:
    """In our name; the published one has no place any more."""
    state = published()
    del state["stage3.0.fuse_layers.0.1.0.weight"]
    with pytest.raises(InputError, match=r"stage3\.units\.0\.fusion\.ups\.0\.convolution"):
        load_strictly(HRNet(SPEC), translate_published(state), "The file")


def test_a_tensor_of_another_network_is_named() -> None:
    """It fits no row of the table."""
    with pytest.raises(InputError, match=r"layer9\.conv"):
        translate_published({**published(), "layer9.conv.weight": torch.zeros(1)})
