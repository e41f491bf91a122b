"""DeconvNet (Noh et al., ICCV 2015): unpool with switches, then deconvolve, over a bottleneck."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from tag2mask.models.backbones import BackboneModule
from tag2mask.models.backbones.batch_norm import SteadyBatchNorm2d
from tag2mask.models.segmenters.mirror import MirrorDecoder, as_mirrored
from tag2mask.models.segmenters.segmenter import Segmenter
from tag2mask.models.segmenters.unet import ConvBlock


@dataclass(frozen=True, kw_only=True)
class DeconvNetSpec:
    """Parameters of the network besides its encoder."""

    bottleneck: int | None = None
    """Width of fc6 and fc7; None for eight times the encoder's last, 4,096 over a full VGG."""
    kernel: int = 7
    """Side of fc6's kernel and of the corresponding deconvolution, odd."""


PUBLISHED = DeconvNetSpec()


class DeconvBlock(nn.Sequential):
    """A deconvolution of stride 1, 3x3 by default, with batch normalisation and ReLU."""

    def __init__(self, channels_in: int, channels_out: int, *, kernel: int = 3) -> None:
        """Initialise the weights; `kernel` is the side of the kernel, odd."""
        super().__init__(
            nn.ConvTranspose2d(
                channels_in, channels_out, kernel, padding=kernel // 2, bias=False
            ),
            SteadyBatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )


def build_deconvnet(
    encoder: BackboneModule, num_labels: int, *, spec: DeconvNetSpec = PUBLISHED
) -> Segmenter:
    """Mirror a VGG by deconvolutions over fc6 and fc7 (section 3.2, and the supplement's table).

    Differs from the paper: fc6 and the corresponding deconvolution pad their 7x7 kernels by 3, so
    that the bottleneck keeps the height and width of any photo. In the paper, it reduces the 7x7
    cells of a photo of 224 pixels to one. There are no box proposals: the network processes the
    whole photo.

    Raises:
        InputError: the encoder is not a VGG at output stride 32.
    """
    vgg = as_mirrored(encoder, "deconvnet")
    width, channels = spec.bottleneck or 8 * vgg.channels[-1], vgg.channels[-1]
    bottom = nn.Sequential(
        ConvBlock(channels, width, kernel=spec.kernel),
        ConvBlock(width, width, kernel=1),
        DeconvBlock(width, channels, kernel=spec.kernel),
    )
    return Segmenter(vgg, MirrorDecoder(vgg, DeconvBlock, bottom=bottom), num_labels)
