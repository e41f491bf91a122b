"""What holds for every method: options, invariances, bad input, and that nothing is left behind."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
import torch
from nets import Small, photos, small
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.maps import METHODS, activate, find_method, region

CNN_METHODS = [name for name in METHODS if "attention" not in name]


def hooks(model: nn.Module) -> int:
    """Count what is attached to a model."""
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks)
               for m in model.modules())


@pytest.mark.parametrize("method", CNN_METHODS)
def test_maps_depend_on_their_own_image_alone(method: str) -> None:
    """Neither on the order of the batch nor on what else is in it."""
    model, images = small(), photos()
    together = activate(model, images, method=method, layer="last")
    assert together.shape == (3, 4, 6, 9)
    assert float(together.min()) >= 0
    assert float(together.max()) <= 1
    turned = activate(model, images.flip(0), method=method, layer="last").flip(0)
    torch.testing.assert_close(turned, together)
    alone = activate(model, images[1:2], method=method, layer="last")
    torch.testing.assert_close(alone[0], together[1])


@pytest.mark.parametrize("method", CNN_METHODS)
def test_nothing_is_left_on_the_model(method: str) -> None:
    """Not after success, not after an exception on the way."""
    model, images = small(), photos(1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    activate(model, images, method=method, layer="last")
    with pytest.raises((InputError, ZeroDivisionError)):
        activate(model, images, method=method, layer="last", target=lambda output: 1 / 0)
    assert hooks(model) == 0
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


class Remembering(Small):
    """Keeps weak references to every tensor that passes its first layer."""

    def forward(self, images: Tensor) -> Tensor:
        """Map images to logits."""
        feature = self.first(images)
        self.seen.append(weakref.ref(feature))
        logits = self.fc(self.pool(self.last(feature)).flatten(1))
        self.seen.append(weakref.ref(logits))
        return logits


@pytest.mark.parametrize("method", CNN_METHODS)
def test_no_tensor_survives_the_call(method: str) -> None:
    """Without the garbage collector's help, so that a thousand calls need no more than one."""
    torch.manual_seed(0)
    model = Remembering().double().eval()
    model.seen = []
    gc.disable()
    try:
        maps = activate(model, photos(2), method=method, layer="last")
        assert not any(reference() is not None for reference in model.seen)
    finally:
        gc.enable()
    assert maps.grad_fn is None


def test_a_thousand_calls_leave_no_object_behind() -> None:
    """Counted, not timed."""
    model, images = small(), photos(1, 4, 6)
    activate(model, images, layer="first")
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(1000):
        activate(model, images, layer="first")
    gc.collect()
    assert len(gc.get_objects()) - before < 200


def test_threads_do_not_see_each_other() -> None:
    """Eight at once on one model give what one alone gives."""
    model, images = small(), photos(8)
    wanted = activate(model, images, layer="first")
    found: dict[int, list[Tensor]] = {index: [] for index in range(8)}

    def work(index: int) -> None:
        for _ in range(10):
            found[index].append(activate(model, images[index : index + 1], layer="first"))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, maps in found.items():
        assert len(maps) == 10
        for own in maps:
            torch.testing.assert_close(own[0], wanted[index])
    assert hooks(model) == 0


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("method", ["cam", "grad_cam", "score_cam"])
def test_the_callers_mode_makes_no_difference(mode: type, method: str) -> None:
    """Gradients are switched on where they are needed, and the mode is as before after that."""
    model, images = small(), photos()
    wanted = activate(model, images, method=method, layer="first" if method != "cam" else "last")
    with mode():
        again = photos()
        found = activate(model, again, method=method,
                         layer="first" if method != "cam" else "last")
        assert not torch.is_grad_enabled()
    torch.testing.assert_close(found, wanted)


def test_wrapped_models_are_read_as_they_are_inside() -> None:
    """By torch.compile, in either way, and by a data-parallel wrapper."""
    model, images = small(), photos()
    wanted = activate(model, images, layer="first")
    for wrapped in (torch.compile(model, backend="eager"), nn.DataParallel(model)):
        torch.testing.assert_close(activate(wrapped, images, layer="first"), wanted)
    model.compile(backend="eager")
    torch.testing.assert_close(activate(model, images, layer="first"), wanted)


def test_a_model_that_switches_gradients_itself_is_read_all_the_same() -> None:
    """One whose first part never learns, as of a frozen backbone."""
    class Frozen(Small):
        def forward(self, images: Tensor) -> Tensor:
            learning = torch.is_grad_enabled()
            with torch.set_grad_enabled(learning and False):
                feature = self.first(images)
            with torch.set_grad_enabled(learning):
                return self.fc(self.pool(self.last(feature)).flatten(1))

    torch.manual_seed(0)
    model = Frozen().double().eval()
    torch.testing.assert_close(activate(model, photos(), layer="last.0"),
                               activate(small(), photos(), layer="last.0"))


def test_layers_are_joined_by_the_mean_of_their_normalised_maps() -> None:
    """At the finest one's size."""
    model, images = small(), photos()
    shallow, deep = (activate(model, images, layer=name) for name in ("first", "last"))
    torch.testing.assert_close(activate(model, images, layer=["first", "last"], normalise="none"),
                               (shallow + deep) / 2)


def test_the_last_layer_with_places_is_found() -> None:
    """Where none is named."""
    model, images = small(), photos()
    torch.testing.assert_close(activate(model, images), activate(model, images, layer="last"))


def test_options_do_what_they_say() -> None:
    """Sign, scale and size."""
    model, images = small(), photos()
    signed = activate(model, images, layer="last", normalise="none", positive=False)
    raw = activate(model, images, layer="last", normalise="none")
    torch.testing.assert_close(raw, signed.clamp_min(0))
    torch.testing.assert_close(activate(model, images, layer="last"),
                               raw / raw.amax((2, 3), keepdim=True).clamp_min(1e-8))
    low, high = signed.amin((2, 3), keepdim=True), signed.amax((2, 3), keepdim=True)
    torch.testing.assert_close(
        activate(model, images, layer="last", positive=False, normalise="min_max"),
        (signed - low) / (high - low))
    full = activate(model, images, layer="last", size="image", normalise="none")
    torch.testing.assert_close(full, F.interpolate(raw, (12, 18), mode="bilinear"))
    assert activate(model.float(), images.float(), layer="last").dtype == torch.float32


def test_precision_is_that_of_autocast() -> None:
    """Near float32, and given back as float32."""
    model, images = small().float(), photos().float()
    wanted = activate(model, images, layer="last", classes=[0])
    found = activate(model, images, layer="last", classes=[0], precision="bfloat16")
    assert found.dtype == torch.float32
    assert not torch.equal(found, wanted)
    torch.testing.assert_close(found, wanted, atol=0.05, rtol=0.05)


def test_a_mirrored_image_gives_the_mirrored_map() -> None:
    """Averaged with its mirror image."""
    model, images = small(), photos()
    options = {"layer": "first", "flip": True, "scales": (1.0, 1.5)}
    torch.testing.assert_close(activate(model, images.flip(3), **options).flip(3),
                               activate(model, images, **options))


def test_a_region_of_a_segmentation_is_explained() -> None:
    """The sum of one label's logits over it, and no cell that cannot reach it."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 1)).double()
    mask = torch.zeros(12, 18, dtype=torch.bool)
    mask[2:5, 3:9] = True
    maps = activate(model.eval(), photos(), method="hires_cam", layer="1", normalise="none",
                    positive=False, target=region(mask, 1))
    feature = model[:2](photos())
    wanted = (model[2].weight[1].reshape(4, 1, 1) * feature).sum(1) * mask
    torch.testing.assert_close(maps[:, 0], wanted.detach())
    every = activate(model, photos(), method="hires_cam", layer="1")
    assert every.shape == (3, 2, 12, 18)


@pytest.mark.parametrize("method", ["cam", "grad_cam", "layer_cam", "xgrad_cam", "grad_cam_pp"])
def test_a_loss_on_maps_trains_the_model(method: str) -> None:
    """Down to the first layer, in training mode, by the right amount."""
    model, images = small(), photos(1)
    model.train()

    def loss() -> Tensor:
        maps = activate(model, images, method=method, layer="last", differentiable=True,
                        normalise="none", classes=[1])
        return maps.square().sum()

    loss().backward()
    weight = model.first[0].weight
    found = float(weight.grad[0, 0, 1, 1])
    step = torch.zeros_like(weight)
    step[0, 0, 1, 1] = 1e-6
    with torch.no_grad():
        weight += step
        above = float(loss())
        weight -= 2 * step
        below = float(loss())
    assert found == pytest.approx((above - below) / 2e-6, rel=1e-4, abs=1e-9)
    assert found != 0


@pytest.mark.parametrize(("size", "tile"), [((24, 40), 16), ((16, 40), 16), ((23, 37), 20)])
def test_tiles_give_the_whole_map_where_nothing_reaches_beyond_them(
    size: tuple[int, int], tile: int
) -> None:
    """Of a model whose gradient is the same everywhere, and whose cells see themselves alone."""
    class Local(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cells = nn.AvgPool2d(2, ceil_mode=True)
            self.fc = nn.Linear(3, 2)

        def forward(self, images: Tensor) -> Tensor:
            return self.fc(self.cells(images).mean((2, 3)))

    torch.manual_seed(0)
    model, images = Local().double().eval(), photos(2, *size)
    whole = activate(model, images, method="cam", layer="cells")
    found = activate(model, images, method="cam", layer="cells", tile=tile)
    torch.testing.assert_close(found, whole)


def test_mistakes_are_told_by_their_names() -> None:
    """In one sentence each, with the fix."""
    model, images = small(), photos()
    for options, told in [
        ({"method": "gradcamm"}, "did you mean 'grad_cam"),
        ({"layer": "lost"}, "did you mean last"),
        ({"layer": "zzz"}, "at the top there are first, last, pool, fc"),
        ({"layer": "fc"}, "no map of places"),
        ({"layer": "last", "classes": [0, 4]}, r"not all in 0\.\.3"),
        ({"layer": "last", "classes": [-1]}, r"not all in 0\.\.3"),
        ({"layer": "last", "classes": [0.5]}, "whole numbers"),
        ({"layer": "last", "classes": [[0], [1]]}, "one list per image"),
        ({"size": "photo"}, "neither feature nor image"),
        ({"normalise": "maximum"}, "did you mean max"),
        ({"scales": ()}, "one or more numbers"),
        ({"precision": "int8"}, "none of"),
        ({"method": "cam", "layer": "first"}, "not linear over the mean"),
        ({"method": "attention"}, "no self-attention"),
        ({"target": lambda output: output[:, 0], "flip": True}, "flip=False"),
        ({"layer": "last", "target": lambda output: output[:, 0].detach()}, "No gradient leads"),
    ]:
        with pytest.raises(InputError, match=told):
            activate(model, images, **options)
    with pytest.raises(InputError, match=r"model\.eval"):
        activate(small().train(), images)
    with pytest.raises(InputError, match="images are"):
        activate(model, images[0])
    assert hooks(model) == 0


def test_a_layer_that_is_not_run_is_told() -> None:
    """As one that was replaced."""
    model = small()
    model.spare = nn.Conv2d(3, 3, 1)
    with pytest.raises(InputError, match="does not run layer spare"):
        activate(model, photos(), layer="spare")


def test_a_quantised_model_has_maps_without_gradients_or_a_clear_error() -> None:
    """Whose class layer computes in int8."""
    quantised = torch.ao.quantization.quantize_dynamic(small().float(), {nn.Linear}, torch.qint8)
    with pytest.raises(InputError, match="take a method without gradients"):
        activate(quantised, photos().float(), layer="last")
    assert activate(quantised, photos().float(), method="score_cam", layer="last").any()


@pytest.mark.parametrize(("spelled", "name"), [
    ("CAM", "cam"), ("Grad-CAM", "grad_cam"), ("Grad-CAM++", "grad_cam_pp"),
    ("GradCAMPlusPlus", "grad_cam_pp"), ("LayerCAM", "layer_cam"), ("HiResCAM", "hires_cam"),
    ("XGradCAM", "xgrad_cam"), ("EigenCAM", "eigen_cam"), ("score-cam", "score_cam"),
    ("AblationCAM", "ablation_cam"), ("attention rollout", "attention_rollout"),
])
def test_methods_are_found_as_papers_spell_them(spelled: str, name: str) -> None:
    """Whatever stands between the letters."""
    assert find_method(spelled) is METHODS.get(name)
