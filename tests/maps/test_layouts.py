"""Channels first, channels last and tokens: maps have the image's axes, or the caller is asked."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.maps import activate

WIDTH, ROWS, COLUMNS = 24, 64, 96


class Patches(nn.Module):
    """Patches of 8 pixels whose first channel is their brightness, then a class layer."""

    def __init__(self, *, last: bool, norm: bool = False) -> None:
        """Draw the other channels."""
        super().__init__()
        torch.manual_seed(0)
        self.last, self.patch = last, nn.Conv2d(3, WIDTH, 8, 8)
        self.norm = nn.LayerNorm(WIDTH) if norm else nn.Identity()
        self.act, self.head = nn.ReLU(), nn.Linear(WIDTH, 2)
        nn.init.constant_(self.patch.weight[0], 1 / 192)

    def forward(self, images: Tensor) -> Tensor:
        """Map images to logits; in between (B, h, w, C), as in Swin, or (B, C, h, w)."""
        cells = self.norm(self.patch(images).permute(0, 2, 3, 1))
        if self.last:
            return self.head(self.act(cells).mean((1, 2)))
        return self.head(self.act(cells.permute(0, 3, 1, 2)).mean((2, 3)))


def blob() -> Tensor:
    """Draw one bright square, in the cell (5, 9) of 8 x 12."""
    images = torch.zeros(1, 3, ROWS, COLUMNS)
    images[..., 40:48, 72:80] = 1
    return images


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("method", [
    "cam", "grad_cam", "layer_cam", "grad_cam_pp", "xgrad_cam", "eigen_cam", "score_cam",
    "ablation_cam", "correlated_cam",
])
def test_channels_last_gives_the_maps_of_channels_first(method: str, norm: bool) -> None:
    """By every method, with the layer found, named, and with a transform."""
    images = torch.randn(2, 3, ROWS, COLUMNS, generator=torch.Generator().manual_seed(1))
    wanted = activate(Patches(last=False, norm=norm).eval(), images, method=method, layer="act")
    model = Patches(last=True, norm=norm).eval()
    for options in ({}, {"layer": "act"}, {"layer": model.act},
                    {"layer": "act", "reshape_transform": lambda y: y.permute(0, 3, 1, 2)}):
        found = activate(model, images, method=method, **options)  # type: ignore[arg-type]
        assert found.shape == (2, 2, 8, 12)
        torch.testing.assert_close(found, wanted)


def test_the_blob_is_where_it_was_drawn() -> None:
    """In rows and columns of the image."""
    model = Patches(last=True).eval()
    nn.init.zeros_(model.head.weight)
    model.head.weight.data[0, 0] = 1
    maps = activate(model, blob(), classes=[0])[0, 0]
    assert divmod(int(maps.argmax()), 12) == (5, 9)


def test_what_cannot_be_known_is_asked() -> None:
    """As many channels as rows and columns, and no layer that says which is which."""
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.read, self.act = nn.Linear(3, 8), nn.Identity()

        def forward(self, images: Tensor) -> Tensor:
            cells = images.unfold(2, 8, 8).unfold(3, 8, 8).mean((4, 5)).permute(0, 2, 3, 1)
            return self.act(torch.tanh(self.read(cells) * 2)).mean((1, 2))[:, :2]

    images = torch.randn(1, 3, 64, 64)
    with pytest.raises(InputError, match=r"'s output \(1, 8, 8, 8\) .* give reshape_transform"):
        activate(_Hidden(), images, layer="act")
    assert activate(Functional().eval(), images, layer="act").shape == (1, 2, 8, 8)
    conv = nn.Sequential(nn.Conv2d(3, 8, 8, 8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    torch.testing.assert_close(  # a convolution's neighbour is known
        activate(conv.eval(), images, layer="1", method="grad_cam"),
        activate(conv, images, layer="1", reshape_transform=lambda y: y),
    )


class _Hidden(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight, self.act = nn.Parameter(torch.ones(8, 3)), nn.Identity()
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        cells = images.unfold(2, 8, 8).unfold(3, 8, 8).mean((4, 5))
        return self.act(torch.einsum("kc,bchw->bhwk", self.weight, cells)).mean((1, 2))


class Tokens(nn.Module):
    """A transformer's tokens with others before or behind the patches."""

    def __init__(self, spare: int, *, behind: bool) -> None:
        """Draw the weights."""
        super().__init__()
        torch.manual_seed(0)
        self.embed, self.behind = nn.Conv2d(3, WIDTH, 8, 8), behind
        self.extra = nn.Parameter(torch.randn(1, spare, WIDTH) * 0.1)
        self.drop, self.norm = nn.Dropout(0.1), nn.LayerNorm(WIDTH)
        self.layer = nn.TransformerEncoderLayer(WIDTH, 2, 32, batch_first=True)
        self.head = nn.Linear(WIDTH, 3)
        nn.init.constant_(self.embed.weight, 1.0)

    def forward(self, images: Tensor) -> Tensor:
        """Map images to logits."""
        patches = self.embed(images).flatten(2).mT
        extra = self.extra.expand(len(images), -1, -1)
        tokens = torch.cat([patches, extra] if self.behind else [extra, patches], 1)
        tokens = self.norm(self.layer(self.drop(tokens)))
        return self.head(tokens[:, -1] if self.behind else tokens[:, 0])


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("spare", [1, 2, 5])
def test_tokens_before_and_behind_the_patches_are_no_places(spare: int, behind: bool) -> None:
    """The first patch is the one that changes with the image's corner."""
    model = Tokens(spare, behind=behind).eval()
    maps = activate(model, blob(), layer="drop", method="eigen_cam")[0, 0]
    assert divmod(int(maps.argmax()), 12) == (5, 9)
    if behind:
        with pytest.raises(InputError, match="does not come before the patches"):
            activate(model, blob(), method="attention")


def test_tokens_without_a_patch_embedding_follow_the_images_proportions() -> None:
    """8 x 12 of 96, of an image of 64 x 96; 7 of 97 are nothing."""
    class Stem(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, 4, 1), nn.Conv2d(4, 4, 3, 2, 1))
            self.out, self.head = nn.Identity(), nn.Linear(4, 2)

        def forward(self, images: Tensor) -> Tensor:
            return self.head(self.out(self.stem(images).flatten(2).mT).mean(1))

    model = Stem().eval()
    found = activate(model, blob(), layer="out", normalise="none", positive=False)
    literal = model.head.weight @ model.stem(blob()).flatten(2)[0] / 96
    torch.testing.assert_close(found[0], literal.reshape(2, 8, 12).detach())
    with pytest.raises(InputError, match="grid of 112 tokens is unknown"):
        activate(model, torch.randn(1, 3, 64, 111), layer="out")


def hf(name: str, **settings: object) -> nn.Module:
    """Build a small random classifier of transformers."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(num_labels=3, **settings)
    return getattr(transformers, f"{name}ForImageClassification")(config).eval()


SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
         "intermediate_size": 64, "patch_size": 16, "image_size": (64, 96)}
WINDOWS = {"image_size": (64, 96), "embed_dim": 16, "depths": [1, 1, 1], "num_heads": [2, 2, 2],
           "window_size": 2}
STAGES = {"hidden_sizes": [16, 24, 32, 48], "depths": [1, 1, 1, 1]}


@pytest.mark.parametrize(("name", "settings", "layer", "shape"), [
    ("ViT", SMALL, "vit.layernorm", (1, 4, 6)), ("DeiT", SMALL, "deit.layernorm", (2, 4, 6)),
    ("Dinov2", {**SMALL, "image_size": 64}, "dinov2.layernorm", (1, 4, 6)),
    ("Dinov2WithRegisters", {**SMALL, "image_size": 64, "num_register_tokens": 4},
     "dinov2_with_registers.layernorm", (5, 4, 6)),
    ("Swin", WINDOWS, None, (0, 4, 6)), ("Swinv2", WINDOWS, None, (0, 4, 6)),
    ("ConvNext", STAGES, None, (0, 2, 3)),
    ("ResNet", {**STAGES, "embedding_size": 16, "layer_type": "basic"}, None, (0, 2, 3)),
    ("FocalNet", {"image_size": (64, 96), "embed_dim": 16, "depths": [1, 1, 1, 1],
                  "hidden_sizes": [16, 32, 64, 128]}, None, (0, 2, 3)),
])
def test_models_of_transformers_against_a_literal_reading(
    name: str, settings: dict[str, object], layer: str | None, shape: tuple[int, int, int]
) -> None:
    """Grad-CAM by hand from the last feature, (B, C, h, w) or tokens with some before."""
    model, images = hf(name, **settings), torch.randn(2, 3, 64, 96)
    from tag2mask.maps.last_layer import last_spatial_layer

    read = layer or last_spatial_layer(model, images)
    kept: list[Tensor] = []
    hook = model.get_submodule(read).register_forward_hook(lambda _m, _i, out: kept.append(out))
    scores = model(images).logits[:, 1]
    hook.remove()
    before, rows, columns = shape
    gradient, = torch.autograd.grad(scores.sum(), kept[-1:])
    both = torch.stack([kept[-1].detach(), gradient])
    if both.dim() == 4:  # tokens
        both = both[:, :, before:].transpose(2, 3).reshape(2, 2, -1, rows, columns)
    weights = both[1].mean((2, 3), keepdim=True)
    wanted = (weights * both[0]).sum(1)
    found = activate(model, images, classes=[1], layer=layer, normalise="none", positive=False)
    assert found.shape == (2, 1, rows, columns)
    torch.testing.assert_close(found[:, 0], wanted, rtol=1e-4, atol=1e-7)
    assert float(found.abs().max()) > 0 or layer  # only the class token is read after the last norm


def test_a_swin_attends_within_windows() -> None:
    """So its attention is no map."""
    with pytest.raises(InputError, match="within windows"):
        activate(hf("Swin", **WINDOWS), torch.randn(1, 3, 64, 96), method="attention")
