"""The common structure of segmentation networks: encoder, decoder, head, and a coarse path."""

from __future__ import annotations

from typing import Protocol, cast, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.module import BackboneModule, cropped, pad_to
from tag2mask.models.segmenters.tag_gate import TagGate, gated


class Decoder(nn.Module):
    """Maps a backbone's features to one feature."""

    channels: int
    """Of that feature."""

    def forward(self, features: list[Tensor]) -> Tensor:
        """Map features, high resolution first, to one (B, channels, h, w)."""
        raise NotImplementedError


class AuxiliaryDecoder(Decoder):
    """A decoder with an auxiliary segmentation and loss."""

    auxiliary_weight: float
    """Weight of the auxiliary segmentation's loss."""

    def with_auxiliary(self, features: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Map features to one (B, channels, h, w), and auxiliary logits (B, K + 1, h, w)."""
        raise NotImplementedError


class SwitchedDecoder(nn.Module):
    """Maps a backbone's features and max-pooling indices (switches) to one feature."""

    channels: int
    """Of that feature."""

    def forward(self, features: list[Tensor], switches: list[Tensor]) -> Tensor:
        """Map features and switches, high resolution first, to one (B, channels, h, w)."""
        raise NotImplementedError


@runtime_checkable
class SwitchedEncoder(Protocol):
    """A backbone that returns the indices of its max-poolings."""

    def forward_with_switches(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Map images to features and to one switch per pooling, high resolution first."""


class Segmenter(nn.Module):
    """Encoder, decoder and a 1x1 head, upsampled to the photo's size.

    Photos are padded at the right and the bottom to multiples of the encoder's largest stride, so
    that every cell covers the same number of pixels, and results are cropped.
    """

    def __init__(
        self, encoder: BackboneModule, decoder: Decoder | SwitchedDecoder, num_labels: int, *,
        coarse: bool = False, head: nn.Module | None = None,
    ) -> None:
        """Initialise from the parts.

        Args:
            encoder: returns features, high resolution first.
            decoder: maps them to one feature of `decoder.channels`.
            num_labels: K + 1, the background included.
            coarse: add the logits of a 1x1 layer on the encoder's last feature; see `start_from`.
            head: maps that feature to logits (B, K + 1, h, w); a 1x1 layer by default.

        Raises:
            InputError: the decoder needs switches, and the encoder does not return any.
        """
        super().__init__()
        self._switched = isinstance(decoder, SwitchedDecoder)
        if self._switched and not isinstance(encoder, SwitchedEncoder):
            raise InputError(
                "This network unpools where its backbone pooled, and the backbone does not "
                "remember where; take vgg16_bn."
            )
        self.encoder, self.decoder = encoder, decoder
        self.head = nn.Conv2d(decoder.channels, num_labels, 1) if head is None else head
        self.coarse = nn.Conv2d(encoder.channels[-1], num_labels, 1) if coarse else None
        self.gate: TagGate | None = None
        self._num_labels = num_labels

    def add_gate(self) -> TagGate:
        """Add a gate that weights classes by image-level predictions; initially open."""
        self.gate = TagGate(self.encoder.channels[-1], self._num_labels - 1)
        return self.gate

    @torch.no_grad()
    def start_from(self, class_weights: Tensor, *, scale: float = 1.0, floor: float = 0.0) -> None:
        """Initialise the coarse path with the classifier's maps, for the decoder to refine.

        A randomly initialised decoder has to relearn the classes, which took longer than a whole
        training; the class layer has already learned them.

        Args:
            class_weights: (K, C, 1, 1), weights of the class layer over the last feature.
            scale: logits per unit of evidence, as fitted by `calibration`.
            floor: logit of the background, as fitted by `calibration`.

        Raises:
            ValueError: the network has no coarse path.
        """
        if self.coarse is None:
            raise ValueError("Only a network with a coarse path can start as a classifier's maps.")
        nn.init.zeros_(self.head.get_parameter("weight"))
        nn.init.zeros_(self.coarse.weight[:1])
        self.coarse.weight[1:] = scale * class_weights
        for layer in (self.head, self.coarse):
            nn.init.zeros_(layer.get_parameter("bias"))
        self.coarse.get_parameter("bias")[0] = floor

    @torch.no_grad()
    def raise_logits(self, by: Tensor) -> bool:
        """Add (K + 1,) to the logits of all pixels; return whether the head has a bias for it."""
        if not isinstance(self.head, nn.Conv2d):
            return False
        self.head.get_parameter("bias").add_(by.to(self.head.weight.device))
        return True

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits (B, K + 1, H, W), float32; any H and W."""
        return self.with_tags(images)[0]

    def with_tags(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Map images to logits, as `forward`, and to the gate's logits of the tags.

        Returns:
            (B, K + 1, H, W) float32, which the gate is part of; and (B, K) float32, with which it
            can be taken out again (`ungated`), or None without a gate.
        """
        whole = self._pad(images)
        logits, tags = self._decode(whole)
        full = F.interpolate(logits.float(), whole.shape[-2:], mode="bilinear", align_corners=False)
        tags = None if tags is None else tags.float()  # autocast computes them in bfloat16
        return cropped([full], (1,), images, whole)[0], tags

    def logits(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W) to logits at the decoder's stride, ceil(H / s) x ceil(W / s)."""
        padded = self._pad(images)
        return _without_padding(self._decode(padded)[0], padded, images)

    def graded_logits(self, images: Tensor) -> tuple[list[tuple[Tensor, float]], Tensor | None]:
        """Map images to all outputs that have a loss.

        Returns:
            logits at the decoder's stride, each with the weight of its loss: the network's own,
            and those of an auxiliary decoder; and the gate's logits of the tags (B, K), None
            without a gate.
        """
        padded = self._pad(images)
        if not isinstance(self.decoder, AuxiliaryDecoder):
            own, tags = self._decode(padded)
            return [(_without_padding(own, padded, images), 1.0)], tags
        features = self.encoder(padded)
        feature, early = self.decoder.with_auxiliary(features)
        own, tags = self._gated(self.head(feature), features[-1])
        return [
            (_without_padding(own, padded, images), 1.0),
            (_without_padding(early, padded, images), self.decoder.auxiliary_weight),
        ], tags

    def _pad(self, images: Tensor) -> Tensor:
        return pad_to(images, max(self.encoder.strides))

    def _decode(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Map padded images to logits at the decoder's resolution, and the gate's.

        The last feature's own logits are added, as FCN adds its coarse scores to finer ones.
        """
        if self._switched:
            encoder = cast(SwitchedEncoder, self.encoder)
            features, switches = encoder.forward_with_switches(images)
            fine: Tensor = self.head(self.decoder(features, switches))
        else:
            features = self.encoder(images)
            fine = self.head(self.decoder(features))
        if self.coarse is not None:
            coarse: Tensor = self.coarse(features[-1])
            size = fine.shape[-2:]
            fine = fine + F.interpolate(coarse, size, mode="bilinear", align_corners=False)
        return self._gated(fine, features[-1])

    def _gated(self, logits: Tensor, feature: Tensor) -> tuple[Tensor, Tensor | None]:
        if self.gate is None:
            return logits, None
        tags = self.gate(feature)
        return gated(logits, tags), tags


class WithTags(nn.Module):
    """A network as a module that returns the gate's logits of the tags too."""

    def __init__(self, network: Segmenter) -> None:
        """Wrap a network, which stays the same object."""
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """See `Segmenter.with_tags`."""
        return self.network.with_tags(images)


def _without_padding(logits: Tensor, padded: Tensor, images: Tensor) -> Tensor:
    """Crop logits at some stride to the cells that images (B, 3, H, W) were padded from."""
    stride = padded.shape[-1] // logits.shape[-1]
    height, width = (-(-side // stride) for side in images.shape[-2:])
    return logits[..., :height, :width]
