"""SegNet (Badrinarayanan et al., PAMI 2017): unpool with switches, then convolve.

There are no deconvolutions or skip connections: the decoder's only information on edges is the
position of the maximum in each pooling.
"""

from __future__ import annotations

from tag2mask.models.backbones import BackboneModule
from tag2mask.models.segmenters.mirror import MirrorDecoder, as_mirrored
from tag2mask.models.segmenters.segmenter import Segmenter
from tag2mask.models.segmenters.unet import ConvBlock


def build_segnet(encoder: BackboneModule, num_labels: int) -> Segmenter:
    """Mirror a VGG by 3x3 convolutions with batch normalisation (section 3).

    The decoder's convolutions end with ReLU, as in the authors' published model; the paper mentions
    it for the encoder only.

    Raises:
        InputError: the encoder is not a VGG at output stride 32.
    """
    vgg = as_mirrored(encoder, "segnet")
    return Segmenter(vgg, MirrorDecoder(vgg, ConvBlock), num_labels)
