"""A unit computes the same folded and unfolded, and its phases keep the cells they name."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.conv_norm import EARLY, LATE, ConvNorm, fold_all


def seasoned(unit: ConvNorm) -> ConvNorm:
    """Give the normalisation statistics of its own, and take the evaluation mode."""
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name in ("weight", "bias", "running_mean", "running_var"):
            value = unit.norm.get_parameter(name) if name in ("weight", "bias") else (
                unit.norm.get_buffer(name))
            value.copy_(torch.rand(value.shape, generator=draw) + 0.5)
    return unit.eval()


def photos(height: int = 8, width: int = 12, channels: int = 4) -> Tensor:
    """Draw two photos."""
    return torch.randn(2, channels, height, width, generator=torch.Generator().manual_seed(0))


OPTIONS = pytest.mark.parametrize("options", [
    {"kernel": 1}, {"kernel": 3, "stride": 2}, {"kernel": 3, "depthwise": True},
    {"kernel": 5, "depthwise": True, "stride": 2, "phase": EARLY},
    {"kernel": 3, "depthwise": True, "dilation": 2}, {"kernel": 1, "activation": None},
    {"kernel": 3, "activation": "relu"},
])


@OPTIONS
def test_running_statistics_are_applied_as_by_separate_layers(options: dict[str, object]) -> None:
    """Result and all gradients, with torch's own layers one after another."""
    unit = seasoned(ConvNorm(4, 4, **options)).double()  # type: ignore[arg-type]
    images = (3 * photos()).double().requires_grad_()
    conv, norm, (before, after) = unit.convolution, unit.norm, unit.padding
    limit = {None: lambda x: x, "relu": F.relu, "relu6": F.relu6}
    separate = limit[options.get("activation", "relu6")](norm(F.conv2d(  # type: ignore[index]
        F.pad(images, (before, after, before, after)), conv.weight, None, conv.stride, 0,
        conv.dilation, conv.groups,
    )))
    merged = unit(images)
    torch.testing.assert_close(merged, separate)
    learned = (images, *unit.parameters())
    slope = torch.randn(merged.shape, dtype=merged.dtype)
    torch.testing.assert_close(torch.autograd.grad(merged, learned, slope),
                               torch.autograd.grad(separate, learned, slope))


def test_statistics_of_the_batch_are_not_those_that_run() -> None:
    """While they adapt, the normalisation is computed from the batch."""
    unit = seasoned(ConvNorm(4, 4, activation=None)).train()
    result = unit(photos())
    torch.testing.assert_close(result.mean((0, 2, 3)), unit.norm.bias)


def test_hooks_of_the_normalisation_are_called() -> None:
    """As where statistics are measured or maps of that layer are read; the result stays."""
    unit, seen = seasoned(ConvNorm(4, 4, kernel=3)), []
    merged = unit(photos())
    for hook in (unit.norm.register_forward_hook, unit.norm.register_forward_pre_hook):
        handle = hook(lambda *_: seen.append(1))
        torch.testing.assert_close(unit(photos()), merged)
        handle.remove()
    unit(photos())
    assert len(seen) == 2


def test_a_unit_may_lose_its_normalisation() -> None:
    """As where operations are counted."""
    unit = seasoned(ConvNorm(4, 4, activation=None))
    unit.norm = nn.Identity()  # type: ignore[assignment]
    torch.testing.assert_close(unit(photos()), unit.convolution(photos()))


@OPTIONS
def test_folded_equals_unfolded(options: dict[str, object]) -> None:
    """To the accuracy of float32, with and without gradient."""
    unit = seasoned(ConvNorm(4, 4, **options))  # type: ignore[arg-type]
    long_way = unit(photos())
    unit.fold()
    torch.testing.assert_close(unit(photos()), long_way, rtol=1e-4, atol=1e-5)
    unit.unfold()
    torch.testing.assert_close(unit(photos()), long_way)


def test_folding_leaves_the_state_dict_alone() -> None:
    """Weights saved by a folded network load into any other."""
    unit = seasoned(ConvNorm(4, 6, kernel=3))
    before = {key: value.clone() for key, value in unit.state_dict().items()}
    unit.fold()
    assert unit.state_dict().keys() == before.keys()
    for key, value in unit.state_dict().items():
        torch.testing.assert_close(value, before[key])


def test_a_folded_unit_follows_weights_that_are_loaded_into_it() -> None:
    """A network that resumes while frozen must not go on with what it was folded from."""
    unit, other = seasoned(ConvNorm(4, 4, kernel=3)), seasoned(ConvNorm(4, 4, kernel=3))
    net = nn.Sequential(unit)
    fold_all(net)
    net.load_state_dict(nn.Sequential(other).state_dict())
    torch.testing.assert_close(net(photos()), other(photos()), rtol=1e-4, atol=1e-5)


def test_a_folded_unit_moves_as_a_whole() -> None:
    """To another device or precision, the short way included; `meta` stands for a GPU here."""
    unit = seasoned(ConvNorm(4, 4, kernel=3))
    unit.fold()
    moved = copy.deepcopy(unit).to("meta")
    assert moved(photos().to("meta")).device.type == "meta"
    assert unit.double()(photos().double()).dtype == torch.float64


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize(("phase", "kept"), [(EARLY, 0), (LATE, 1)])
@pytest.mark.parametrize("depthwise", [True, False])
def test_a_strided_unit_keeps_the_earlier_or_the_later_of_two_cells(
    kernel: int, phase: str, kept: int, depthwise: bool
) -> None:
    """A kernel that only looks at its centre shows which."""
    unit = ConvNorm(
        1, 1, kernel=kernel, stride=2, phase=phase, depthwise=depthwise, activation=None
    )
    with torch.no_grad():
        unit.convolution.weight.zero_()
        unit.convolution.weight[..., kernel // 2, kernel // 2] = 1
    image = torch.arange(8.0 * 12).view(1, 1, 8, 12)
    result = unit.eval()(image)
    wanted = image[..., kept::2, kept::2] / (1 + unit.norm.eps) ** 0.5
    assert result.shape == (1, 1, 4, 6)
    torch.testing.assert_close(result, wanted)


@pytest.mark.parametrize("number", [1, 5, 16])
def test_kernels_of_one_tap_are_computed_by_onednn(number: int) -> None:
    """Of any number of photos on one thread; torch has a slower way for less than 16."""
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this torch has no oneDNN")
    unit = seasoned(ConvNorm(6, 9))
    images = torch.randn(number, 6, 60, 72).contiguous(memory_format=torch.channels_last)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.profiler.profile() as profile:
            found = unit(images)
    finally:
        torch.set_num_threads(threads)
    assert "aten::mkldnn_convolution" in {event.key for event in profile.key_averages()}
    wanted = unit.norm(F.conv2d(images, unit.convolution.weight))
    torch.testing.assert_close(found, F.relu6(wanted), rtol=1e-5, atol=1e-5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_exported_kernel_of_one_tap_has_no_dilation(tmp_path: Path) -> None:
    """Other runtimes would compute it in a slower way."""
    onnx = pytest.importorskip("onnx")
    torch.onnx.export(ConvNorm(3, 4).eval(), (torch.zeros(1, 3, 6, 8),), tmp_path / "unit.onnx",
                      dynamo=False)
    (layer,) = (node for node in onnx.load(tmp_path / "unit.onnx").graph.node
                if node.op_type == "Conv")
    (dilations,) = (field.ints for field in layer.attribute if field.name == "dilations")
    assert list(dilations) == [1, 1]


@pytest.mark.parametrize("dilation", [1, 2, 4])
def test_without_stride_the_size_stays(dilation: int) -> None:
    """At any dilation."""
    unit = ConvNorm(4, 4, kernel=5, dilation=dilation, depthwise=True).eval()
    assert unit(photos(7, 11)).shape == (2, 4, 7, 11)


def test_fold_all_finds_every_unit() -> None:
    """However deep it lies."""
    net = nn.Sequential(ConvNorm(3, 4), nn.Sequential(nn.Identity(), ConvNorm(4, 5)))
    fold_all(net)
    units = [unit for unit in net.modules() if isinstance(unit, ConvNorm)]
    assert [unit.folded_weight is not None for unit in units] == [True, True]
