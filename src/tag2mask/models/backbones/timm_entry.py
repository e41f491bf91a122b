"""Any backbone of timm, as `timm:NAME`, with the extra `timm`.

CNNs return one feature per stage, plain transformers two at the resolution of their patches; both
use timm's `forward_intermediates`, so the names of weights are the published ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache, partial
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError, nearest
from tag2mask.models.backbones.entry import BackboneEntry
from tag2mask.models.backbones.module import BackboneModule, check_blocks

PREFIX = "timm:"
_USUAL_STRIDE = 16
_ANY_SIZE: tuple[dict[str, bool], ...] = (
    {"dynamic_img_size": True}, {"strict_img_size": False}, {},
)
"""Options for models of a fixed image size to accept any size; the first that works is used."""


class TimmBackbone(BackboneModule):
    """A model of timm as a list of features, high resolution first."""

    def __init__(self, name: str, *, output_stride: int | None = None) -> None:
        """Initialise the weights.

        Args:
            name: name of the model in timm.
            output_stride: stride of the last feature; the model's own by default.

        Raises:
            InputError: the model does not exist, or has no features at that stride.
        """
        super().__init__()
        self.net = _create(name, output_stride)
        config = self.net.pretrained_cfg
        self.pixel_mean = tuple(255.0 * value for value in config["mean"])
        self.pixel_std = tuple(255.0 * value for value in config["std"])
        self.patch = _patch(self.net)
        depth = len(self.net.blocks) if self.patch else 0
        self._indices = [depth // 2 - 1, depth - 1] if depth > 1 else None
        self.channels, self.strides = self._measured()
        self.output_stride = self.strides[-1]
        if output_stride not in (None, self.output_stride):
            raise InputError(f"The last feature of {PREFIX}{name} has output stride "
                             f"{self.output_stride}, {output_stride} is not possible; leave it "
                             "out.")

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the features, high resolution first.

        Args:
            images: (B, 3, H, W), normalised; a plain transformer resizes sides to the next lower
                multiple of its patch size.
        """
        if self.patch:
            size = [images.shape[2] // self.patch * self.patch,
                    images.shape[3] // self.patch * self.patch]
            images = F.interpolate(images, size, mode="bilinear", align_corners=False)
        features: list[Tensor] = self.net.forward_intermediates(
            images, indices=self._indices, norm=bool(self.patch), output_fmt="NCHW",
            intermediates_only=True,
        )
        return features

    def freeze(self, blocks: int) -> None:
        """Stop the first `blocks` blocks, and all before them, from learning."""
        parts = freezable(self.net)
        check_blocks(blocks, len(parts))
        if blocks:
            for name, parameter in self.net.named_parameters(recurse=False):
                parameter.requires_grad_(name not in ("cls_token", "pos_embed", "reg_token"))
        for part in parts[:blocks]:
            part.requires_grad_(False)
        self.train(self.training)

    @torch.no_grad()
    def _measured(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Run the model once and return channels and strides of its features."""
        side = 8 * self.patch if self.patch else 256
        self.net.eval()
        features = self(torch.zeros(1, 3, side, side))
        return (tuple(feature.shape[1] for feature in features),
                tuple(side // feature.shape[2] for feature in features))


@lru_cache(maxsize=16)
def timm_entry(name: str) -> BackboneEntry:
    """Describe the backbone `timm:NAME`.

    Raises:
        InputError: timm is not installed, or has no such model.
    """
    model = name.removeprefix(PREFIX)
    sample = None
    with suppress(InputError):
        sample = TimmBackbone(model, output_stride=_USUAL_STRIDE)
    sample = sample or TimmBackbone(model)
    config = sample.net.pretrained_cfg
    classifier = config.get("classifier") or ()
    heads = (classifier,) if isinstance(classifier, str) else tuple(classifier)
    return BackboneEntry(
        build=partial(TimmBackbone, model), pretrained_state=partial(_pretrained, model),
        origin=f"timm/{model}", pretraining=f"the weights of timm's {model}",
        pixel_mean=sample.pixel_mean, pixel_std=sample.pixel_std,
        output_stride=sample.output_stride, early_blocks=len(freezable(sample.net)) // 2,
        heads=tuple(f"{head}." for head in heads) or ("head.", "fc."),
    )


def freezable(net: nn.Module) -> list[nn.Module]:
    """List the parts of a model in execution order, with single stages and blocks."""
    parts: list[nn.Module] = []
    for child in net.children():
        several = isinstance(child, nn.Sequential | nn.ModuleList) and len(list(child.children()))
        parts += child.children() if several else [child]
    return [part for part in parts if any(True for _ in part.parameters())]


def _pretrained(name: str) -> Mapping[str, Tensor]:
    """Load the weights through timm, from its cache or by download."""
    try:
        net = _create(name, None, pretrained=True)
    except InputError:
        raise
    except Exception as error:  # its hub fails in ways of its own
        raise InputError(
            f"timm could not load the pretrained weights of {name} ({type(error).__name__}: "
            f"{error}); give a file with --set classify.weights=FILE, or start from scratch with "
            "--set classify.weights=none."
        ) from error
    state: dict[str, Tensor] = net.state_dict()
    return state


def _timm() -> Any:  # noqa: ANN401 - a package without types
    try:
        return import_module("timm")
    except ImportError as error:
        raise InputError(
            "timm is not installed; run `pip install 'tag2mask[timm]'`."
        ) from error
    except Exception as error:  # a torchvision that does not fit torch fails while timm imports it
        raise InputError(f"timm cannot be imported ({error}); install a torchvision that fits "
                         "torch.") from error


def _create(name: str, output_stride: int | None, *, pretrained: bool = False) -> Any:  # noqa: ANN401
    timm = _timm()
    if not timm.is_model(name.split(".")[0]):
        near = nearest(name, timm.list_models())
        hint = f"did you mean {near}?" if "," not in near else "timm.list_models() has the names."
        raise InputError(f"timm has no model {name!r}; {hint}")
    stride = {} if output_stride is None else {"output_stride": output_stride}
    for options in ({**size, **asked} for asked in ([stride, {}] if stride else [{}])
                    for size in _ANY_SIZE):
        try:
            net = timm.create_model(name, pretrained=pretrained, num_classes=0, **options)
        except (TypeError, NotImplementedError, AssertionError):  # it does not take one of them
            continue
        if not hasattr(net, "forward_intermediates"):
            raise InputError(f"{PREFIX}{name} has no features at several strides; choose another.")
        return net
    raise InputError(f"{PREFIX}{name} does not take images of any size; take another.")


def _patch(net: Any) -> int:  # noqa: ANN401 - a model of timm
    """Return the patch size of a plain transformer in pixels; 0 for other models."""
    embedding = getattr(net, "patch_embed", None)
    plain = hasattr(net, "num_prefix_tokens") and hasattr(net, "blocks")
    return int(embedding.patch_size[0]) if plain and embedding is not None else 0
